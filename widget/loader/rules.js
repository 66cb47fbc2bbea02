// @ts-check
// Decides whether a survey is due: the same as `survey::rules`, on the same vectors
// (survey/golden/rules.json). It refers to nothing outside of this file.

/**
 * @typedef {object} Rule when one survey is due
 * @property {string} id
 * @property {string} version
 * @property {string} [event] the event to wait for; without it the page's load
 * @property {string[]} [pages] globs one of which the path has to match
 * @property {number} delay_ms
 * @property {number} answered_days
 * @property {number} dismissed_days
 * @property {number} [sample] share of respondents who are asked
 */

/**
 * @typedef {object} Visit what is known of a respondent and the page
 * @property {string} path
 * @property {string | null} event the event that was tracked; null for the page's load
 * @property {number} now
 * @property {number} draw
 * @property {number | null} [answered_at]
 * @property {number | null} [dismissed_at]
 * @property {number | null} [other_shown_at]
 */

/**
 * Whether a path matches a glob in which `*` stands for any characters, slashes included.
 * Not a regular expression: with several stars that could take a path apart in too many ways.
 * @param {string} glob
 * @param {string} path
 */
function matches(glob, path) {
  const [first, ...parts] = glob.split("*");
  const last = parts.pop();
  if (last == null) return path === first;
  if (!path.startsWith(first)) return false;
  let from = first.length;
  for (const part of parts) {
    const at = path.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return path.slice(from).endsWith(last);
}

/**
 * Whether a survey is due for a visit; the first rule that says no is named.
 * @param {Rule} rule
 * @param {Visit} visit
 * @param {number} [budgetDays] days of quiet between any two surveys
 */
function verdict(rule, visit, budgetDays = 0) {
  /** @type {(at: number | null | undefined, days: number) => boolean} */
  const recent = (at, days) => at != null && visit.now - at < days * 864e5;
  if ((rule.event ?? null) !== visit.event) return "event";
  if (rule.pages?.length && !rule.pages.some((glob) => matches(glob, visit.path))) return "pages";
  // Asked only where there is a sample: drawing leaves a trace in the browser.
  if (rule.sample != null && visit.draw >= rule.sample) return "sample";
  if (recent(visit.answered_at, rule.answered_days)) return "answered";
  if (recent(visit.dismissed_at, rule.dismissed_days)) return "dismissed";
  if (recent(visit.other_shown_at, budgetDays)) return "budget";
  return "due";
}
