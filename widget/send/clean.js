// @ts-check
// Makes a response one that the collector can take, whatever the host page has put into it: what
// it cannot keep would cost the whole of it.

/**
 * So many characters of a text, none of them halved: half a one is no JSON.
 * @param {unknown} text
 * @param {number} characters
 */
function cut(text, characters) {
  return [...String(text)].slice(0, characters).join("");
}

/**
 * The attributes that the collector can keep, and not too many of them.
 * @param {unknown} attributes
 */
function plainAttributes(attributes) {
  let room = 2e3;
  const kept = Object.entries(Object(attributes))
    .filter(([key, value]) => key.length <= 64 && /^[sbn]/.test(typeof value))
    .map(([key, value]) => [key, typeof value === "string" ? cut(value, 256) : value])
    .filter(([key, value]) => (room -= key.length + String(value).length) >= 0);
  return Object.fromEntries(kept.slice(0, 50));
}

/**
 * @param {any} response
 * @returns {Revision}
 */
function clean(response) {
  const { respondent, user_signature, attributes, locale, page } = response || {};
  const text = (/** @type {unknown} */ value, /** @type {number} */ characters) =>
    /^[sn]/.test(typeof value) ? cut(value, characters) : undefined;
  return {
    ...response,
    respondent: text(respondent, 128),
    user_signature: text(user_signature, 128),
    attributes: plainAttributes(attributes),
    locale: text(locale, 35),
    page: text(page, 500),
  };
}
