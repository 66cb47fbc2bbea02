// @ts-check
// What this browser remembers of a site: who the respondent is, and when which survey was shown,
// answered and dismissed. One key of localStorage; where storage is forbidden, this page only.

/**
 * @typedef {object} Past what happened with one survey
 * @property {number} [draw] the respondent's own draw for the sample
 * @property {number} [shown_at]
 * @property {number} [answered_at]
 * @property {number} [dismissed_at]
 *
 * @typedef {object} Kept all that is remembered
 * @property {string} [respondent] a random id
 * @property {Record<string, Past>} surveys
 *
 * @typedef {ReturnType<typeof remember>} Memory
 */

/** @param {string} site */
function remember(site) {
  const key = "nabz:" + site;
  /** @type {Kept} */
  let kept = { surveys: {} };

  // Read anew each time: another tab may have shown a survey meanwhile. Whatever else was stored
  // under the key is dropped; `Object` makes an object of anything.
  const read = () => {
    try {
      const found = JSON.parse(localStorage.getItem(key) ?? "null");
      if (found) kept = { respondent: found.respondent, surveys: Object(found.surveys) };
    } catch {}
    return kept;
  };
  const memory = {
    read,

    /** @param {Partial<Kept>} change */
    keep(change) {
      kept = { ...read(), ...change };
      try {
        localStorage.setItem(key, JSON.stringify(kept));
      } catch {}
    },

    /**
     * @param {string} id
     * @returns {Past}
     */
    past: (id) => Object(read().surveys[id]),

    /** When any other survey was last shown. @param {string} id */
    otherShown: (id) =>
      Object.entries(read().surveys).reduce(
        (last, [other, past]) => (other === id ? last : Math.max(last, past?.shown_at || 0)),
        0,
      ),

    /**
     * @param {string} id
     * @param {Past} change
     */
    note(id, change) {
      const { surveys } = read();
      memory.keep({ surveys: { ...surveys, [id]: { ...surveys[id], ...change } } });
    },
  };
  return memory;
}
