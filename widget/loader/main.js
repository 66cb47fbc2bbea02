// @ts-check
// Watches the triggers of a site's surveys, and loads the card when one is due.

const table = NABZ_SITE;

function start() {
  const { site, surveys } = table;
  // An array is a queue of calls made before; anything else is another loader, or a stranger.
  const queue = window.nabz || [];
  if (!Array.isArray(queue)) return;
  /** @type {any} */
  const own =
    document.currentScript || document.querySelector(`script[src*="/${site}/nabz.js"]`);
  const base = new URL("..", own.src).href;
  const memory = remember(table);
  /** Has the part for it send or erase; without that it cannot be done now. @type {Loader["send"]} */
  const send = async (what, rule) => {
    try {
      return await (await import(base + "assets/" + table.send))[what](loader, rule);
    } catch {}
  };
  /** @type {Loader} */
  const loader = { table, base, memory, page, send, own: {} };
  /** Whether a survey is shown or being loaded. */
  let busy = () => false;
  let close = () => {};

  /** @type {(rule: Rule, event: string | null) => boolean} */
  const isDue = (rule, event) => {
    const { id } = rule;
    const past = memory.past(id);
    const visit = {
      path: page.path(),
      event,
      now: Date.now(),
      answered_at: past.answered_at,
      dismissed_at: past.dismissed_at,
      other_shown_at: memory.otherShown(id),
      get draw() {
        const draw = past.draw ?? Math.random();
        if (draw !== past.draw) memory.note(id, { draw });
        return draw;
      },
    };
    return !busy() && verdict(rule, visit, table.budget_days) === "due";
  };

  /** @param {string | null} event */
  const trigger = (event) => {
    const rule = surveys.find((rule) => isDue(rule, event));
    if (rule) setTimeout(() => isDue(rule, event) && show(rule), rule.delay_ms);
  };

  /**
   * @param {Rule} rule
   * @param {boolean} [isAsked] whether the page asked for it, whatever the rules say
   */
  const show = async (rule, isAsked) => {
    let wanted = true;
    busy = () => wanted;
    close = () => (wanted = false);
    try {
      // Everything at once: each request that waits for another costs a round trip.
      const get = (/** @type {string} */ path) => fetch(base + path, { credentials: "omit" });
      const wasm = get("assets/" + table.wasm);
      const definition = get(`${site}/${rule.id}.${rule.version}.json`);
      const [card] = await Promise.all([import(base + "assets/" + table.script), wasm, definition]);
      const showing = await card.show(loader, rule, wasm, definition, () => wanted, isAsked);
      busy = showing.isOpen;
      close = showing.close;
      return busy();
    } catch {
      refresh(own, rule.id);
    }
  };

  const actions = { surveys, page, busy: () => busy(), trigger, show, close: () => close(), send };
  offer(methodsOf(actions), queue);
  const { unsent, forget } = memory.read();
  if (unsent || forget) send("flush");
  const loaded = () => trigger(null);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", loaded);
  else loaded();
}

/**
 * Gets the loader again, past the cache, and starts it anew: a cached one may name files of a
 * release that is gone. Once only; the old loader stays busy and so never shows anything again.
 * @param {HTMLScriptElement} own
 * @param {string} id the survey to show then
 */
async function refresh(own, id) {
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

try {
  start();
} catch {}
