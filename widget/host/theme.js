// @ts-check
// The look of a card: tokens of the site, the survey and the page, as custom properties of the
// style sheet. Set one by one they pass every Content-Security-Policy.

/**
 * @param {HTMLElement} host
 * @param {Record<string, any>} theme
 */
function dress({ style }, { scheme, radius_px: radius, font, spacing, z, dark, ...light }) {
  const set = (/** @type {string} */ name, /** @type {any} */ value) =>
    value != null && style.setProperty("--nabz-" + name, value);
  for (const name of ["accent", "background", "text"]) {
    set(name, light[name]);
    set("dark-" + name, dark?.[name]);
  }
  // Where it is not said, the visitor's system decides.
  if (/^(light|dark)$/.test(scheme)) set("scheme", scheme);
  set("radius", radius == null ? radius : radius + "px");
  set("font", font);
  set("spacing", spacing);
  set("z", z);
}
