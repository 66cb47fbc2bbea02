// @ts-check
// What the host page says about itself and its visitor.

/**
 * The page's own configuration: `<script type="application/json" data-nabz>`.
 * @returns {Record<string, any>}
 */
function configuration() {
  try {
    const script = document.querySelector("script[data-nabz]");
    return Object(JSON.parse(script?.textContent || "null"));
  } catch {
    return {};
  }
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

/** The path as it is written in the rules: decoded, if it can be. */
function readablePath() {
  const path = location.pathname;
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
