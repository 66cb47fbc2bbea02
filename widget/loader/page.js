// @ts-check
// What the host page says about itself and its visitor.

const page = {
  /**
   * The page's own configuration: `<script type="application/json" data-nabz>`.
   * @returns {Record<string, any>}
   */
  configuration() {
    try {
      const script = document.querySelector("script[data-nabz]");
      return Object(JSON.parse(script?.textContent || "null"));
    } catch {
      return {};
    }
  },

  /** The path as it is written in the rules: decoded, if it can be. */
  path() {
    const path = location.pathname;
    try {
      return decodeURI(path);
    } catch {
      return path;
    }
  },
};
