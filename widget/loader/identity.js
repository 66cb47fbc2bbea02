// @ts-check
// Random ids.

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
