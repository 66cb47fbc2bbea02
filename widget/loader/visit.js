// @ts-check
// What a rule is asked about: the visitor, the page, and what happened.

/**
 * A visit; what takes some effort or leaves a trace is looked at only when a condition asks.
 * @param {Loader} loader
 * @param {Rule} rule
 * @param {Happening} what
 * @returns {Visit}
 */
function visit(loader, { id }, what) {
  /** @type {any} */
  const it = { ...loader.memory.past(id), ...what, events: loader.events, now: Date.now() };
  const { facts } = loader.table;
  for (const name of Object.keys(facts)) {
    Object.defineProperty(it, name, { get: () => facts[name](loader, id) });
  }
  return it;
}
