// @ts-check
// What goes into a response: who gives it, what the host page adds, and how far it has come.

/** Ids of so many responses are remembered, for their erasure. */
const RESPONSES_MAX = 100;

/** @param {number} bytes */
function randomHex(bytes) {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A UUID v7 (RFC 9562, section 5.7): the time in milliseconds, then chance. */
function uuid() {
  const time = Date.now().toString(16).padStart(12, "0");
  const chance = randomHex(9);
  // The version is 7, and the variant one of 8, 9, a and b.
  const digits = time + "7" + chance.slice(0, 3) + "8" + chance.slice(3);
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * Who answers: the host's user, or an id that stays the same in this browser. Nobody, where the
 * visitor has opted out or nothing may be kept.
 * @param {Loader} loader
 */
function respondent({ table, memory, page }) {
  const { user } = page.configuration();
  if (page.isOptedOut(table)) return;
  if (user) return user;
  if (!page.isKept(table)) return;
  const known = memory.read().respondent;
  if (known) return known;
  // No id of a host's user begins so.
  const fresh = "~" + randomHex(16);
  memory.keep({ respondent: fresh });
  return fresh;
}

/**
 * A function that notes how far one showing has come, has it sent, and tells the page.
 * @param {Loader} loader
 * @param {Rule} rule
 * @param {string} locale
 * @param {Begun} begun
 * @param {unknown} [proven] what is sent waits for that
 */
function reporter(loader, { id: survey, version }, locale, begun, proven) {
  const { table, memory, page, own, send } = loader;
  const { attributes, user_signature, test } = page.configuration();
  const who = respondent(loader);
  // As it is: the part that sends cuts what is too long and leaves out what cannot be stored.
  const response = Object.assign(begun, {
    site: table.site,
    survey,
    version,
    respondent: who,
    user_signature: who && user_signature,
    attributes,
    locale,
    page: page.path(),
    test: test === true || /[?&]nabz=test(&|$)/.test(location.search),
  });
  let revision = 0;
  /** @type {(state: string, answers: unknown[]) => void} */
  return (state, answers) => {
    const { id } = response;
    memory.note(survey, { [state.replace("completed", "answered") + "_at"]: Date.now() });
    // One and the same each time: a token that comes late is in what waits, too.
    own[id] = Object.assign(response, { revision: ++revision, state, answers });
    const { responses = [], unsent } = memory.read();
    memory.keep({
      responses: [...responses.filter((it) => it !== id), id].slice(-RESPONSES_MAX),
      unsent: { ...unsent, ...own },
    });
    Promise.resolve(proven).then(() => send("flush"));
    // A copy: what the page does to it stays its own.
    const detail = structuredClone({ id, survey, state, answers });
    document.dispatchEvent(new CustomEvent("nabz:" + state, { detail, bubbles: true }));
  };
}
