// @ts-check
// Waits for what the surveys of a page wait for, and shows the most urgent one that is due.

/** What happened, by the survey whose delay runs since then. @type {Map<Rule, Happening>} */
const pending = new Map();

/** End what this page waits for. @type {((() => void) | undefined)[]} */
let stops = [];

/** @type {(rule: Rule, what?: Happening) => boolean} */
const isDue = (rule, what) =>
  !!what && !showing.isOpen() && verdict(rule, visit(loader, rule, what), table) === "due";

/**
 * Something happened, to all surveys or to some.
 * @param {Happening} what
 */
function happen(what, rules = table.surveys) {
  for (const rule of rules) {
    if (pending.has(rule) || !isDue(rule, what)) continue;
    pending.set(rule, what);
    setTimeout(quietly(ripen), rule.delay_ms, rule, what);
  }
}

/** @param {Rule} rule @param {Happening} what */
function ripen(rule, what) {
  // The page was left meanwhile.
  if (pending.get(rule) !== what) return;
  // What is more urgent goes first, even if it waits longer.
  const first = table.surveys.find((other) => isDue(other, pending.get(other)));
  pending.delete(rule);
  if (first === rule) show(rule, what);
}

/** Begins to wait for what the surveys wait for on this page. */
function watch() {
  stops = [];
  const { surveys, triggers } = table;
  for (const rule of surveys) {
    for (const trigger of Object.keys(triggers)) {
      const fire = quietly(() => happen({ trigger }, [rule]));
      if (trigger in rule) stops.push(quietly(triggers[trigger])(rule[trigger], fire));
    }
  }
  happen({});
}

/** The page has turned into another one: what the old one waited for ends. */
function turn() {
  stops.forEach((stop) => stop && quietly(stop)());
  pending.clear();
  loader.events = [];
  watch();
}
