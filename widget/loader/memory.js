// @ts-check
// What this browser remembers of a site: who the respondent is, when which survey was shown,
// answered and dismissed, and what is still to be sent. One key of localStorage; where storage is
// forbidden, or not wanted, this page only.

/**
 * @typedef {object} Past what happened with one survey
 * @property {number} [draw] the respondent's own draw for the sample
 * @property {number} [shown_at]
 * @property {number} [answered_at]
 * @property {number} [dismissed_at]
 *
 * @typedef {object} Revision all that is known of one showing so far
 * @property {string} id
 * @property {number} revision rises with every post, from 1
 * @property {string} state
 * @property {unknown[]} answers
 *
 * @typedef {Record<string, Revision>} Unsent by id: a revision carries all answers so far, so
 * nothing older matters
 *
 * @typedef {object} Kept all that is remembered
 * @property {string} [respondent] a random id
 * @property {Record<string, Past>} surveys
 * @property {string[]} [responses] the ids of the last ones
 * @property {Unsent} [unsent] responses that the collector has not acknowledged
 * @property {{ ids: string[] }} [forget] what the collector has still to erase
 *
 * @typedef {ReturnType<typeof remember>} Memory
 */

/** @param {Table} table */
function remember(table) {
  const key = "nabz:" + table.site;
  /** @type {Kept} */
  let kept = { surveys: {} };
  /** Whether something was written, so that nothing found means: erased. */
  let isWritten = false;

  // Read anew each time: another tab may have shown a survey meanwhile. `Object` makes an object
  // of anything.
  const read = () => {
    try {
      const found = page.isKept(table) && JSON.parse(localStorage.getItem(key) ?? "null");
      if (found || isWritten) kept = { ...found, surveys: Object(found?.surveys) };
    } catch {}
    return kept;
  };
  const memory = {
    read,

    /** Why responses were refused for good. @type {unknown[]} */
    refused: [],

    /** @param {Partial<Kept>} change */
    keep(change) {
      kept = { ...read(), ...change };
      try {
        if (!page.isKept(table)) return;
        localStorage.setItem(key, JSON.stringify(kept));
        isWritten = true;
      } catch {}
    },

    /** Forgets everything. */
    clear() {
      kept = { surveys: {} };
      try {
        localStorage.removeItem(key);
      } catch {}
    },

    /**
     * @param {string} id
     * @returns {Past}
     */
    past: (id) => Object(read().surveys[id]),

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
