// @ts-check
// What each survey of the site waits for, what there is of it, and what holds it back.

/**
 * @typedef {object} Finding one thing that a survey asks for
 * @property {string} name as in the site file
 * @property {unknown} wanted its value there
 * @property {unknown} found what there is
 * @property {boolean | null} holds `null` where that is not known yet
 *
 * @typedef {object} Row one survey
 * @property {string} survey
 * @property {string} verdict `due`, what it waits for, or what holds it back
 * @property {boolean} isDue whether it is to be shown now
 * @property {boolean} isWaiting whether it is to be shown as soon as a trigger fires
 * @property {Finding[]} findings
 *
 * @typedef {object} Why
 * @property {string} site
 * @property {string[]} troubles what is wrong with the page or the connection
 * @property {string | undefined} shown the survey in the page
 * @property {string | undefined} won the first that is due
 * @property {Row[]} surveys most urgent first
 */

const { condition, fact } = NABZ_CODE;

const NO_SELECTOR = "this is no CSS selector";

/**
 * How many elements match a selector now, and whether that is enough; `null` where there may be one
 * later.
 * @type {(selector: string) => [found: string, holds: boolean | null]}
 */
function matching(selector) {
  try {
    const { length } = document.querySelectorAll(selector);
    return length ? [`${length} on this page`, true] : ["none on this page yet", null];
  } catch {
    return [NO_SELECTOR, false];
  }
}

/** An element is not enough: something has to happen to it. @param {string} selector */
function happening(selector) {
  const [found, holds] = matching(selector);
  return /** @type {[string, boolean | null]} */ ([found, holds && null]);
}

/** How much of the page's height has come into view so far, in percent. */
function scrolled() {
  const { scrollTop, clientHeight, scrollHeight } = document.documentElement;
  return Math.round((100 * (scrollTop + clientHeight)) / scrollHeight);
}

/**
 * What there is of each trigger.
 * @type {Record<string, (wanted: any, loader: Loader) => [found: unknown, holds?: boolean | null]>}
 */
const triggers = {
  event: (name, { events }) => [events, events.includes(name)],
  click: happening,
  visible: happening,
  scroll_percent: (percent) => [scrolled(), scrolled() >= percent],
  time_on_page_seconds: () => [Math.round(performance.now() / 1e3)],
  exit_intent: () => [matchMedia("(hover)").matches ? "there is a mouse" : "there is no mouse"],
};

/** @param {Loader} loader @param {Rule} rule @returns {Finding[]} */
function triggersOf(rule, loader) {
  const found = Object.keys(triggers)
    .filter((name) => name in rule)
    .map((name) => {
      const [found, holds = null] = triggers[name](rule[name], loader);
      return { name, wanted: rule[name], found, holds };
    });
  const load = { name: "page load", wanted: true, found: true, holds: true };
  return found.length ? found : [load];
}

/**
 * The visit as it is now. Nobody draws a lot here: that leaves a trace.
 * @param {Loader} loader
 * @param {string} id
 * @returns {any}
 */
function visitNow(loader, id) {
  const past = loader.memory.past(id);
  const facts = Object.entries(fact)
    .filter(([name]) => name !== "draw")
    .map(([name, look]) => [name, look(loader, id)]);
  return {
    ...past,
    events: loader.events,
    now: Date.now(),
    ...Object.fromEntries(facts),
  };
}

/** Minutes since midnight as 09:30. @param {number} minutes */
const timeOfDay = (minutes) =>
  [minutes / 60, minutes % 60].map((it) => String(Math.floor(it)).padStart(2, "0")).join(":");

/** What people call a value: times and minutes are numbers only for programs. */
const readable = /** @type {Record<string, (value: any) => unknown>} */ ({
  starts: (ms) => new Date(ms).toISOString(),
  ends: (ms) => new Date(ms).toISOString(),
  answered_at: (ms) => ms && new Date(ms).toISOString(),
  dismissed_at: (ms) => ms && new Date(ms).toISOString(),
  other_shown_at: (ms) => (ms ? new Date(ms).toISOString() : undefined),
  created_at: (ms) => (ms ? new Date(ms).toISOString() : undefined),
  hours: (minutes) => minutes.map(timeOfDay),
  utc_offset_minutes: () =>
    new Date().toLocaleString("en", { weekday: "long", hour: "2-digit", minute: "2-digit" }),
});
const read = (/** @type {string} */ name, /** @type {unknown} */ value) =>
  readable[name] ? readable[name](value) : value;

/**
 * @param {Rule} rule
 * @param {any} visit
 * @param {Record<string, string[]>} about what each condition looks at
 * @returns {Finding[]}
 */
function conditionsOf(rule, visit, about) {
  return Object.keys(about)
    .filter((name) => name in rule)
    .map((name) => {
      const looks = about[name].map((it) => [it, read(it, visit[it])]);
      const found = looks.length === 1 ? looks[0][1] : Object.fromEntries(looks);
      const isOpen = name === "properties" || (name === "sample" && visit.draw == null);
      const holds = isOpen ? null : condition[name](rule[name], visit);
      return { name, wanted: read(name, rule[name]), found, holds };
    });
}

/**
 * The element that a survey stands in, if it is one of the page.
 * @param {string | null | undefined} target
 * @returns {Finding[]}
 */
function targetsOf(target) {
  if (target == null) return [];
  const [found, holds] = matching(target);
  return [{ name: "target", wanted: target, found, holds }];
}

/** What is waited for, and why in vain. @param {Finding} finding */
const awaited = ({ name, found }) => (found === NO_SELECTOR ? `${name}, but ${found}` : name);

/**
 * @param {Loader} loader
 * @param {{ id: string, standing: string, words: string, target?: string | null, rule: Rule }} survey
 * @param {Record<string, string[]>} about
 * @returns {Row}
 */
function rowOf(loader, { id, standing, words, target, rule }, about) {
  const triggers = triggersOf(rule, loader);
  const targets = targetsOf(target);
  const conditions = conditionsOf(rule, visitNow(loader, id), about);
  const refused = [...targets, ...conditions].find(({ holds }) => holds === false);
  const isHere = loader.table.surveys.some((known) => known.id === id);
  const isLive = standing === "live" || standing === "waiting";
  const isOpen = isLive && isHere && !refused;
  // Any of the triggers is enough, and then there has to be the element.
  const waits = triggers.some(({ holds }) => holds) ? targets.filter(({ holds }) => !holds) : triggers;
  const isDue = isOpen && !waits.length;
  let verdict = "due";
  if (!isLive) verdict = words;
  else if (!isHere) verdict = "is not among those this page knows: load it again in a minute";
  else if (refused) verdict = `held back by ${awaited(refused)}`;
  else if (waits.length) verdict = `waits for ${waits.map(awaited).join(" or ")}`;
  const findings = [...triggers, ...targets, ...conditions];
  return { survey: id, verdict, isDue, isWaiting: isOpen && !isDue, findings };
}
