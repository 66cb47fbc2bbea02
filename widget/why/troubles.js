// @ts-check
// What in the page keeps surveys from being shown, or answers from being kept, and what to do.

/** What the page's block can say; anything else is for a newer release, or mistyped. */
const KNOWN = [
  "user",
  "user_signature",
  "attributes",
  "created_at",
  "locale",
  "theme",
  "storage",
  "surveys",
  "test",
];

/** An empty module. */
const MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/** @type {((loader: Loader) => string | string[] | false | undefined)[]} */
const checks = [
  function wasm() {
    try {
      new WebAssembly.Module(MODULE);
    } catch {
      return "WebAssembly is blocked: add 'wasm-unsafe-eval' to script-src of the page's Content-Security-Policy.";
    }
  },

  function storage({ table, page }) {
    if (page.isOptedOut(table)) return "This visitor's browser asks not to be followed: nothing is kept.";
    if (!page.isKept(table)) return 'Nothing is kept in the browser, because "storage" is "none".';
    try {
      const key = "nabz:probe";
      localStorage.setItem(key, "");
      localStorage.removeItem(key);
    } catch {
      return "The browser stores nothing here: how often somebody is asked is only known until the page is left.";
    }
  },

  function configuration() {
    const blocks = document.querySelectorAll("script[data-nabz]");
    if (!blocks.length) return;
    const several = blocks.length > 1 && "Only the first of several data-nabz blocks is read.";
    try {
      const fields = Object.keys(JSON.parse(blocks[0].textContent || "null"));
      const unknown = fields.filter((field) => !KNOWN.includes(field));
      const advice = `This release does not know these fields of the data-nabz block: ${unknown.join(", ")}.`;
      return [unknown.length ? advice : "", several || ""];
    } catch (error) {
      return `The data-nabz block is not JSON, so nothing of it is known: ${error}`;
    }
  },

  function tags({ table }) {
    const tags = document.querySelectorAll(`script[src*="/${table.site}/nabz.js"]`);
    return tags.length > 1 && "The page has the script tag more than once: the first one works, the others do nothing.";
  },

  function overridden() {
    const own = { fetch, "JSON.parse": JSON.parse, "Array.prototype.find": Array.prototype.find, Promise };
    const source = Function.prototype.toString;
    const others = Object.entries(own)
      .filter(([, it]) => !source.call(it).includes("[native code]"))
      .map(([name]) => name);
    return others.length > 0 && `The page has replaced ${others.join(", ")} of the browser.`;
  },

  function refused({ memory }) {
    const { unsent = {} } = memory.read();
    const waiting = Object.keys(unsent).length;
    return [
      ...memory.refused.map((why) => `The collector has refused a response: ${why}`),
      waiting ? `${waiting} responses wait to be sent.` : "",
    ];
  },
];

/** @param {Loader} loader */
function troublesOf(loader) {
  const found = checks.flatMap((check) => {
    try {
      return check(loader) || [];
    } catch (error) {
      return `${check.name}: ${error}`;
    }
  });
  return found.filter(Boolean);
}
