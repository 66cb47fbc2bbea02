// @ts-check
// Decides whether a survey is due: the same as `survey::rules`, on the same vectors
// (survey/golden/rules.json). It refers to nothing outside of this file.

/**
 * @typedef {Record<string, any> & RuleItself} Rule when one survey is due: triggers and conditions
 *   by name, as `survey::rules::Rule` says
 *
 * @typedef {object} RuleItself
 * @property {string} id
 * @property {string} version
 * @property {string} [event] the event to wait for
 * @property {number} delay_ms
 *
 * @typedef {object} Happening what happened: a trigger, an event, or with neither the page's load
 * @property {string | null} [trigger]
 * @property {string | null} [event]
 * @property {Record<string, unknown>} [properties]
 *
 * @typedef {Happening & Situation} Visit
 *
 * @typedef {object} Situation what is known of a respondent and the page
 * @property {string[]} [events] tracked on the page so far
 * @property {string} [path]
 * @property {string} [query]
 * @property {string} [fragment]
 * @property {boolean} [touch]
 * @property {number} [screen_pixels] the shorter side
 * @property {string} [locale]
 * @property {Record<string, unknown>} [attributes]
 * @property {number | null} [created_at]
 * @property {number} now
 * @property {number} [utc_offset_minutes]
 * @property {number} [draw]
 * @property {number | null} [answered_at]
 * @property {number | null} [dismissed_at]
 * @property {number | null} [other_shown_at]
 */

/**
 * What holds a survey back: `event` when it waits for something else than what happened, else the
 * first condition that does not hold, without its unit; `due` when nothing does.
 * @param {Rule} rule
 * @param {Visit} visit
 * @param {Pick<Table, "conditions" | "triggers">} known what the site's surveys use
 */
function verdict(rule, visit, { conditions, triggers }) {
  const { trigger, event } = visit;
  const isTriggered = trigger
    ? trigger in rule
    : (rule.event ?? null) === (event ?? null) &&
      !(event == null && Object.keys(triggers).some((name) => name in rule));
  if (!isTriggered) return "event";
  const holds = (/** @type {string} */ name) =>
    !(name in rule) || conditions[name](rule[name], visit);
  const name = Object.keys(conditions).find((name) => !holds(name));
  return name ? name.replace("_days", "") : "due";
}
