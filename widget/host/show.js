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

/** The survey that is drawn: what the card calls. */
let drawn = {
  /** @type {(state: string, given: Given[]) => void} */
  answer() {},
  close() {},
};

/** Called by the card, with two fields for each of two questions: `widget::post`. */
function on_answer(/** @type {string} */ state, /** @type {any[]} */ ...[a, b, c, d]) {
  drawn.answer(state, [[a, b], [c, d]]);
}

/** Called by the card when there is nothing to show any more. */
function on_close() {
  drawn.close();
}

/**
 * Shows a survey, as soon as everything that it needs has arrived.
 * @param {Loader} loader
 * @param {Rule} rule
 * @param {Promise<Response>} wasm
 * @param {Promise<Response>} response the definition
 * @param {() => boolean} isWanted whether it shall still be shown then
 * @param {boolean} [isAsked] whether the page asked for it, whatever the rules say
 * @returns {Promise<Showing>}
 */
export async function show(loader, rule, wasm, response, isWanted, isAsked) {
  const { theme, user_signature } = loader.page.configuration();
  const locale = loader.page.locale();
  // A named user may have answered on another device.
  const permit = isAsked || !user_signature ? undefined : loader.send("due", rule);
  const [definition, words, token] = await Promise.all([
    response.then((it) => it.json()),
    wordsOf(locale, loader.base),
    permit,
    start(wasm),
  ]);
  const { placement, target } = definition;
  if (placement === "modal") await untilQuiet();
  const asked = askedOf(definition, words, locale);
  const made = makeCard(definition, words, locale);
  const { host, card, root } = made;
  const look = { ...definition.theme, ...Object(theme) };
  dress(host, look);
  let perform = (/** @type {string} */ _) => {};
  let isBroken = false;
  let isOver = !isWanted() || token === null;

  const draw = () => {
    const report = reporter(loader, rule, locale, token);
    drawn = {
      answer: (state, given) => report(state, asked.answers(given)),
      close: () => host.remove(),
    };
    // After a trap nothing of the card can be trusted; it stays away until the next page.
    on_trap(() => {
      isBroken = true;
      host.remove();
    });
    open_card(root, asked.written);
    perform = listen(made, asked.left);
  };
  if (placement === "inline") {
    const isFree = () => !isOver && !document.querySelector(host.localName);
    whenFound(target, isFree, (element) => {
      draw();
      element.append(host);
    });
  } else if (!isOver) {
    draw();
    if (placement === "tab") foldIntoTab(card, asked.tab);
    standOver(host, card, look.z);
    // Who has pressed a button for it goes on in it.
    if (isAsked && placement !== "tab" && !isTyping()) card.focus();
  }
  return {
    // A page that replaces its body takes the survey with it.
    isOpen: () => isBroken || host.isConnected,
    close() {
      isOver = true;
      if (host.isConnected) perform("close");
    },
  };
}
