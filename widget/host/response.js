// @ts-check
// What goes into a response: who gives it, and what the host page adds.

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

/** A random id that stays the same in this browser. @param {Memory} memory */
function respondent(memory) {
  const known = memory.read().respondent;
  if (typeof known === "string" && known) return known.slice(0, 128);
  const fresh = randomHex(16);
  memory.keep({ respondent: fresh });
  return fresh;
}

/**
 * So many characters of a text, none of them halved: half a one is no JSON.
 * @param {unknown} text
 * @param {number} characters
 */
function cut(text, characters) {
  return [...String(text)].slice(0, characters).join("");
}

/**
 * The attributes that the collector can keep; one that it cannot would cost the whole response,
 * and so would too many of them.
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
