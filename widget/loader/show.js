// @ts-check
// Loads the widget and has it show a survey.

/** The survey that is shown or being loaded, if any is. @type {Showing} */
let showing = { isOpen: () => false, close() {} };

/**
 * Shows a survey, because of what happened or because the page asks for it.
 * @param {Rule} rule
 * @param {Happening} [what]
 * @returns {Promise<boolean | undefined>}
 */
async function show(rule, what) {
  const { base } = loader;
  let wanted = true;
  showing = { isOpen: () => wanted, close: () => (wanted = false) };
  try {
    // Asked for anew each time: this is where a survey that was paused meanwhile stops.
    const definition = fetch(`${base + table.site}/${rule.id}.${rule.version}.json`, {
      credentials: "omit",
      cache: "no-cache",
    });
    // At the same moment: each request that waits for another costs a round trip.
    const [card, { status }] = await Promise.all([
      import(base + "assets/" + table.script),
      definition,
    ]);
    if (status === 410) {
      wanted = false;
      table.surveys.splice(table.surveys.indexOf(rule), 1);
      // Another one may have stood back for it.
      if (what) happen(what);
      return;
    }
    showing = await card.show(loader, rule, definition, () => wanted, !what);
    const isShown = showing.isOpen();
    await showing.drawn;
    return isShown;
  } catch {
    refresh(rule.id);
  }
}

/**
 * Gets the loader again, past the cache, and starts it anew: a cached one may name files of a
 * release that is gone. Once only; the old loader stays busy and so never shows anything again.
 * @param {string} id the survey to show then
 */
async function refresh(id) {
  if (own.dataset.again) return;
  try {
    const { ok } = await fetch(own.src, { cache: "reload", credentials: "omit" });
    if (!ok) return;
    const script = document.createElement("script");
    script.src = own.src;
    script.dataset.again = "1";
    window.nabz = [["open", id]];
    document.head.append(script);
  } catch {}
}
