// @ts-check
// What the host page can call: `window.nabz`, and what it may have queued there before.

/**
 * @typedef {object} Actions what the loader can do
 * @property {Rule[]} surveys most urgent first
 * @property {() => boolean} busy whether a survey is shown or being loaded
 * @property {(event: string) => void} trigger shows what waits for an event and is due
 * @property {(rule: Rule) => void} show
 * @property {() => void} close
 */

/**
 * The methods of `window.nabz`.
 * @param {Actions} actions
 * @returns {Record<string, (argument?: unknown) => void>}
 */
function methodsOf({ surveys, busy, trigger, show, close }) {
  return {
    /** Reports that something happened that a survey may wait for. */
    track(event) {
      if (typeof event === "string") trigger(event);
    },
    /** Shows a survey, whatever its rules say. */
    open(id) {
      const rule = surveys.find((rule) => rule.id === id);
      if (rule && !busy()) show(rule);
    },
    /** Closes the survey that is shown. */
    close,
  };
}

/**
 * Lets the page make calls, and makes those that it has queued.
 * @param {Record<string, (argument?: unknown) => void>} methods
 * @param {any[]} queue
 */
function offer(methods, queue) {
  /** Makes a call that was written as a list. @param {any} call */
  const push = (call) => {
    try {
      methods[call[0]](call[1]);
    } catch {}
  };
  window.nabz = { ...methods, push };
  queue.forEach(push);
}
