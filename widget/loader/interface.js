// @ts-check
// What the host page can call: `window.nabz`, and what it may have queued there before.

/** @typedef {Record<string, (...values: any[]) => unknown>} Methods */

/**
 * Takes what the page says about its visitor.
 * @param {any} values
 */
function say(values) {
  page.say(values);
  // Known only now, it may make a survey due that waited for no more than the page's load.
  happen({});
}

/**
 * The methods of `window.nabz`; widget/npm/nabz.d.ts describes them for the page.
 * @param {(what: string) => Promise<unknown>} explain
 * @returns {Methods}
 */
const methods = (explain) => ({
  track(event, properties) {
    if (typeof event !== "string") return;
    loader.events.push(event);
    happen({ event, properties });
  },
  async open(id) {
    const rule = table.surveys.find((rule) => rule.id === id);
    return !!rule && !showing.isOpen() && !!(await show(rule));
  },
  close: () => showing.close(),
  // Whoever was there before takes everything along.
  identify: (user = null, attributes = null, user_signature = null) =>
    say({ user, attributes, user_signature }),
  set: say,
  why: () => explain("why"),
  forget: async () => !!(await loader.send("forget")),
  on(name, call) {
    const listener = async (/** @type {any} */ event) => {
      try {
        await call(event.detail);
      } catch {}
    };
    document.addEventListener("nabz:" + name, listener);
    return () => document.removeEventListener("nabz:" + name, listener);
  },
});

/**
 * Lets the page make calls, and makes those that it has queued: lists of a name and its values,
 * or functions that take what can be called.
 * @param {Methods} methods
 * @param {any[]} queue
 */
function offer(methods, queue) {
  /** @type {Methods} */
  const nabz = {};
  methods.push = (call) =>
    typeof call === "function" ? call(nabz) : nabz[call[0]](...call.slice(1));
  // Whatever a page passes, nothing is thrown back at it.
  for (const name in methods) nabz[name] = quietly(methods[name]);
  window.nabz = nabz;
  queue.forEach(nabz.push);
  // The page may have kept what it had before; what is frozen stays so, without an error.
  Reflect.defineProperty(queue, "push", { value: nabz.push });
}
