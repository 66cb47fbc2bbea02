// @ts-check
// Puts one survey into the page: starts the card, and posts how far its response has come.

/**
 * A function that posts how far one showing has come.
 * @param {Loader} loader
 * @param {Rule} rule
 * @param {string} locale
 */
function reporter({ table, base, memory, page }, { id: survey, version }, locale) {
  const send = outbox(base + "api/v1/responses");
  const { user, attributes, test } = page.configuration();
  const response = {
    id: uuid(),
    site: table.site,
    survey,
    version,
    respondent: user ? cut(user, 128) : respondent(memory),
    attributes: plainAttributes(attributes),
    locale: cut(locale, 35),
    page: cut(page.path(), 500),
    test: test === true || /[?&]nabz=test(&|$)/.test(location.search),
  };
  let revision = 0;
  /** @type {(state: string, answers: unknown[]) => void} */
  return (state, answers) => {
    memory.note(survey, { [state.replace("completed", "answered") + "_at"]: Date.now() });
    send({ ...response, revision: ++revision, state, answers });
  };
}

/**
 * Shows a survey, as soon as everything that it needs has arrived.
 * @param {Loader} loader
 * @param {Rule} rule
 * @param {Promise<Response>} wasm
 * @param {Promise<Response>} definition
 * @param {() => boolean} isWanted whether it shall still be shown then
 * @returns {Promise<Showing>}
 */
export async function show(loader, rule, wasm, definition, isWanted) {
  const asked = definition.then((it) => it.json());
  await Promise.all([asked, __wbg_init({ module_or_path: wasm })]);
  const host = document.createElement("nabz-survey");
  let isBroken = false;
  // After a trap nothing of the card can be trusted; it stays away until the next page.
  on_trap(() => {
    isBroken = true;
    host.remove();
  });
  if (isWanted()) {
    const { locale } = loader.page.configuration();
    const language = String(locale || document.documentElement.lang || navigator.language);
    const send = reporter(loader, rule, language);
    open_card(await asked, { host, locale: language, send, closed: () => host.remove() });
  }
  // A page that replaces its body takes the survey with it.
  return { isOpen: () => isBroken || host.isConnected, close: close_card };
}
