// @ts-check
// Puts one survey into the page.

let isStarted = false;

/** The smallest module: eight bytes that say what it is. */
const EMPTY = [0, 97, 115, 109, 1, 0, 0, 0];

/**
 * Starts the WebAssembly while it arrives. It comes last: what is seen before it shall not share
 * the line with it. The glue's own function for that knows of many other ways, and of what to
 * write to the console when they fail.
 * @param {Loader} loader
 */
async function start({ base, table }) {
  if (isStarted) return;
  // Where it is forbidden this throws: before anything is seen, and before a large file is loaded.
  new WebAssembly.Module(Uint8Array.from(EMPTY));
  const wasm = fetch(base + "assets/" + table.wasm, { credentials: "omit" });
  const { instance, module } = await WebAssembly.instantiateStreaming(wasm, __wbg_get_imports());
  __wbg_finalize_init(instance, module);
  isStarted = true;
}

/** The survey that is drawn: what the card calls. */
let survey = {
  /** @type {(state: string, given: Given[]) => void} */
  answer() {},
  close() {},
};

/** Called by the card, with two fields for each of two questions: `nabz_widget::page`. */
function on_answer(/** @type {string} */ state, /** @type {any[]} */ ...[a, b, c, d]) {
  survey.answer(state, [[a, b], [c, d]]);
}

/** Called by the card when there is nothing to show any more. */
function on_close() {
  survey.close();
}

/**
 * Draws a survey: a sketch, which can be used at once, and the card in its place when it has come.
 * @param {ReturnType<typeof makeCard>} made
 * @param {ReturnType<typeof askedOf>} asked
 * @param {() => ReturnType<typeof reporter>} begin a response
 * @param {Promise<void>} started
 */
function draw(made, asked, begin, started) {
  const { host, root } = made;
  root.append(...asked.sketch);
  const early = whileSketched(made);
  let isSketched = true;
  const perform = listen(made, asked.left, (name, place, text) =>
    isSketched ? early.note(name, place) : act(name, place, text),
  );
  const finish = async () => {
    await started;
    const report = begin();
    survey = {
      answer: (state, given) => report(state, asked.answers(given)),
      close: () => host.remove(),
    };
    isSketched = false;
    early.redo(() => open_card(root, asked.written), perform);
  };
  return { perform, drawn: finish() };
}

/**
 * Shows a survey, as soon as its first screen can be drawn.
 * @param {Loader} loader
 * @param {Rule} rule
 * @param {Promise<Response>} response the definition
 * @param {() => boolean} isWanted whether it shall still be shown then
 * @param {boolean} [isAsked] whether the page asked for it, whatever the rules say
 * @returns {Promise<Showing>}
 */
export async function show(loader, rule, response, isWanted, isAsked) {
  const { theme, user_signature } = loader.page.configuration();
  const locale = loader.page.locale();
  const arrived = Promise.all([
    response.then((it) => it.json()),
    wordsOf(locale, loader.base),
    // A named user may have answered on another device.
    isAsked || !user_signature ? undefined : loader.send("due", rule),
  ]);
  const started = start(loader);
  // That WebAssembly is forbidden comes first, whatever has arrived.
  const [definition, words, token] = await Promise.race([started.then(() => arrived), arrived]);
  const { placement, target } = definition;
  const asked = askedOf(definition, words, locale);
  const made = makeCard(definition, words, locale);
  const { host, card } = made;
  const look = { ...definition.theme, ...Object(theme) };
  dress(host, look);
  if (placement === "modal") await untilQuiet();
  let isBroken = false;
  let isOver = !isWanted() || token === null;
  // After a trap nothing of the card can be trusted; it stays away until the next page.
  const fail = () => {
    isBroken = true;
    host.remove();
  };
  /** @type {ReturnType<typeof draw> | undefined} */
  let drawing;
  const place = () => {
    const begun = { id: uuid(), token };
    const proven = loader.table.proof && loader.send("prove", begun);
    drawing = draw(made, asked, () => reporter(loader, rule, locale, begun, proven), started);
    drawing.drawn.then(() => on_trap(fail), fail);
  };
  if (placement === "inline") {
    const isFree = () => !isOver && !document.querySelector(host.localName);
    whenFound(target, isFree, (element) => {
      place();
      element.append(host);
    });
  } else if (!isOver) {
    place();
    if (placement === "tab") foldIntoTab(card, asked.tab);
    standOver(host, card, look.z);
    // Who has pressed a button for it goes on in it.
    if (isAsked && placement !== "tab" && !isTyping()) card.focus();
  }
  return {
    drawn: drawing?.drawn,
    // A page that replaces its body takes the survey with it.
    isOpen: () => isBroken || host.isConnected,
    close() {
      isOver = true;
      if (host.isConnected) drawing?.perform("close");
    },
  };
}
