// @ts-check
// What the host page says about itself and its visitor.

const page = {
  /** What was said by calls; it takes the place of what stands in the page. */
  said: {},

  /**
   * The page's own configuration: `<script type="application/json" data-nabz>`, and what was said.
   * @returns {Record<string, any>}
   */
  configuration() {
    try {
      const script = document.querySelector("script[data-nabz]");
      return { ...JSON.parse(script?.textContent || "null"), ...page.said };
    } catch {
      return page.said;
    }
  },

  /** @param {unknown} values */
  say(values) {
    // A copy that can be stored; what cannot throws, and is not taken.
    page.said = { ...page.said, ...JSON.parse(JSON.stringify(values)) };
  },

  /** Whether the visitor's browser says that they are not to be followed. @param {Table} table */
  isOptedOut: (table) => !!(table.respect_gpc && navigator.globalPrivacyControl),

  /** Whether anything may be kept in the browser. @param {Table} table */
  isKept: (table) =>
    !page.isOptedOut(table) && ![table.storage, page.configuration().storage].includes("none"),

  /** A part of the address as it is written in rules: decoded, if it can be. @param {string} text */
  decoded(text) {
    try {
      return decodeURI(text);
    } catch {
      return text;
    }
  },

  path: () => page.decoded(location.pathname),

  /** The visitor's locale. */
  locale: () =>
    String(page.configuration().locale || document.documentElement.lang || navigator.language),
};
