// @ts-check
// Starts everything, once the page can be looked at.

const table = NABZ_SITE;

/** The element that brought this script. @type {HTMLScriptElement} */
let own;

/** What the parts have in common. @type {Loader} */
let loader;

/**
 * The same function, but what it throws stays away from the host page.
 * @template {any[]} Call
 * @template Result
 * @param {(...call: Call) => Result} call
 */
function quietly(call) {
  return (/** @type {Call} */ ...values) => {
    try {
      return call(...values);
    } catch {}
  };
}

/**
 * Has a part do something; nothing comes of it when that cannot be loaded now.
 * @param {string} file
 * @returns {(what: string, about?: any) => Promise<any>}
 */
function part(file) {
  return async (what, about) => {
    try {
      return await (await import(`${loader.base}assets/${file}`))[what](loader, about);
    } catch {}
  };
}

function start() {
  const { site, surveys } = table;
  // An array is a queue of calls made before; anything else is another loader, or a stranger.
  const queue = window.nabz || [];
  if (!Array.isArray(queue)) return;
  own = /** @type {any} */ (
    document.currentScript || document.querySelector(`script[src*="/${site}/nabz.js"]`)
  );
  const [memory, base, send] = [remember(table), new URL("..", own.src).href, part(table.send)];
  loader = { table, base, memory, page, send, events: [], own: {} };
  const explain = part(table.why);
  // `?nabz=why` and `?nabz=preview:checkout`, for the owner.
  const [, wish, id] = /[?&]nabz=(why|preview)\b:?([\w-]*)/.exec(location.search) || [];
  // Nothing else comes between.
  if (wish === "preview") surveys.length = 0;
  offer(methods(explain), queue);
  const { unsent, forget } = memory.read();
  if (unsent || forget) send("flush");
  const begin = quietly(() => {
    if (wish) explain(wish, id);
    watch();
    onTurn(quietly(turn));
  });
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
}

quietly(start)();
