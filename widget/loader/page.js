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
 * The attributes that the collector can keep; one that it cannot would cost the whole response.
 * @param {unknown} attributes
 */
function plainAttributes(attributes) {
  const kept = Object.entries(Object(attributes))
    .filter(([key, value]) => key.length <= 64 && /^[sbn]/.test(typeof value))
    .map(([key, value]) => [key, typeof value === "string" ? value.slice(0, 256) : value]);
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
