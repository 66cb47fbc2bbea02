// @ts-check
// What the host page can call: `window.nabz`, and what it may have queued there before.

/**
 * @typedef {object} Actions what the loader can do
 * @property {Rule[]} surveys most urgent first
 * @property {(values: any) => void} say takes what the page says about its visitor
 * @property {() => boolean} busy whether a survey is shown or being loaded
 * @property {(event: string, properties?: any) => void} trigger shows what waits for an event and
 *   is due
 * @property {(rule: Rule) => Promise<boolean | undefined>} show
 * @property {() => void} close
 * @property {Loader["send"]} send
 * @property {(what: string) => Promise<unknown>} explain
 *
 * @typedef {Record<string, (...values: any[]) => unknown>} Methods
 */

/**
 * The methods of `window.nabz`; widget/npm/nabz.d.ts describes them for the page.
 * @param {Actions} actions
 * @returns {Methods}
 */
function methodsOf({ surveys, say, busy, trigger, show, close, send, explain }) {
  return {
    track(event, properties) {
      if (typeof event === "string") trigger(event, properties);
    },
    async open(id) {
      const rule = surveys.find((rule) => rule.id === id);
      return !!rule && !busy() && !!(await show(rule));
    },
    close,
    // Whoever was there before takes everything along.
    identify: (user = null, attributes = null, user_signature = null) =>
      say({ user, attributes, user_signature }),
    set: say,
    why: () => explain("why"),
    forget: async () => !!(await send("forget")),
    on(name, call) {
      const listener = async (/** @type {any} */ event) => {
        try {
          await call(event.detail);
        } catch {}
      };
      document.addEventListener("nabz:" + name, listener);
      return () => document.removeEventListener("nabz:" + name, listener);
    },
  };
}

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
