// @ts-check
// Puts one survey into the page.

let isStarted = false;

/**
 * Starts the WebAssembly while it arrives. The glue's own function for that knows of many other
 * ways, and of what to write to the console when they fail.
 * @param {Promise<Response>} wasm
 */
async function start(wasm) {
  if (isStarted) return;
  const { instance, module } = await WebAssembly.instantiateStreaming(wasm, __wbg_get_imports());
  __wbg_finalize_init(instance, module);
  isStarted = true;
}

/**
 * Shows a survey, as soon as everything that it needs has arrived.
 * @param {Loader} loader
 * @param {Rule} rule
 * @param {Promise<Response>} wasm
 * @param {Promise<Response>} definition
 * @param {() => boolean} isWanted whether it shall still be shown then
 * @param {boolean} [isAsked] whether the page asked for it, whatever the rules say
 * @returns {Promise<Showing>}
 */
export async function show(loader, rule, wasm, definition, isWanted, isAsked) {
  const asked = definition.then((it) => it.json());
  // A named user may have answered on another device.
  const { user_signature } = loader.page.configuration();
  const permit = !isAsked && (user_signature || undefined) && loader.send("due", rule);
  await Promise.all([asked, start(wasm), permit]);
  const host = document.createElement("nabz-survey");
  let isBroken = false;
  // After a trap nothing of the card can be trusted; it stays away until the next page.
  on_trap(() => {
    isBroken = true;
    host.remove();
  });
  const token = await permit;
  if (isWanted() && token !== null) {
    const language = loader.page.locale();
    const send = reporter(loader, rule, language, token);
    open_card(await asked, { host, locale: language, send, closed: () => host.remove() });
    // Who leaves while writing meant it to be read.
    addEventListener("visibilitychange", () => {
      if (document.hidden && host.isConnected) save_draft();
    });
  }
  // A page that replaces its body takes the survey with it.
  return { isOpen: () => isBroken || host.isConnected, close: close_card };
}
