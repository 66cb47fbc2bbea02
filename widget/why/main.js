// @ts-check
// Says why a survey is not shown, and shows one whatever its rules say.

/**
 * Every survey of the site as the collector knows it; when it does not answer, those of the loader.
 * @param {Loader} loader
 * @returns {Promise<{ surveys: any[], about: Record<string, string[]>, trouble?: string }>}
 */
async function ask({ base, table }) {
  try {
    const reply = await fetch(`${base}${table.site}/why.json`, { credentials: "omit" });
    if (!reply.ok) throw new Error(String(reply.status));
    return await reply.json();
  } catch (error) {
    const surveys = table.surveys.map((rule) => ({ id: rule.id, standing: "live", words: "", rule }));
    const about = Object.fromEntries(Object.keys(table.conditions).map((name) => [name, []]));
    const trouble = `The collector at ${base} cannot be asked from this page (${error}): is it up, and in connect-src of the page's Content-Security-Policy?`;
    return { surveys, about, trouble };
  }
}

/**
 * Opens the panel, and tells everything in it.
 * @param {Loader} loader
 * @returns {Promise<Why>}
 */
export async function why(loader) {
  const { surveys: known, about, trouble } = await ask(loader);
  const surveys = known.map((survey) => rowOf(loader, survey, about));
  const troubles = troublesOf(loader);
  if (trouble) troubles.unshift(trouble);
  // The last of those of which a showing is known.
  const past = Object.entries(loader.memory.read().surveys);
  past.sort(([, a], [, b]) => (b.shown_at || 0) - (a.shown_at || 0));
  const shown = document.querySelector("nabz-survey") ? past[0]?.[0] : undefined;
  const won = surveys.find(({ isDue }) => isDue)?.survey;
  const all = { site: loader.table.site, troubles, shown, won, surveys };
  draw(all);
  return all;
}

/**
 * Shows a survey as it is at the collector, even a paused one. Nothing of it is kept or sent.
 * @param {Loader} loader
 * @param {string} id
 */
export async function preview(loader, id) {
  const { base, table } = loader;
  const survey = (await ask(loader)).surveys.find((survey) => survey.id === id);
  if (!survey) return why(loader);
  const { rule } = survey;
  const path = `${table.site}/${id}.${rule.version}.json?preview`;
  const definition = fetch(base + path, { credentials: "omit" });
  const card = await import(base + "assets/" + table.script);
  const memory = {
    read: () => ({ surveys: {} }),
    past: () => ({}),
    keep() {},
    note() {},
    clear() {},
    refused: [],
  };
  const silent = { ...loader, memory, own: {}, send: async () => {} };
  const showing = await card.show(silent, rule, definition, () => true, true);
  await showing.drawn;
  return showing;
}
