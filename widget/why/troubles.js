// @ts-check
// What in the page keeps surveys from being shown, or answers from being kept, and what to do.

/** What a value can be, and how that is said. @type {Record<string, [fits: (value: any) => boolean, words: string]>} */
const EXPECTED = {
  text: [(it) => /^[sn]/.test(typeof it), "a text"],
  object: [isObject, "an object"],
  date: [(it) => !isNaN(+new Date(it)), "a date such as 2026-03-31"],
  language: [isLanguage, "a language such as fa or pt-BR"],
  storage: [(it) => it === "none" || it === "local", 'a text, "none" or "local"'],
  switch: [(it) => typeof it === "boolean", "true or false"],
  colour: [(it) => CSS.supports("color", it), "a colour such as #4453d6"],
};

/**
 * What the page can say, and what that is; anything else is for a newer release, or mistyped.
 * @type {Record<string, string>}
 */
const KINDS = {
  user: "text",
  user_signature: "text",
  attributes: "object",
  created_at: "date",
  locale: "language",
  theme: "object",
  storage: "storage",
  test: "switch",
};

/** @param {unknown} it */
function isObject(it) {
  return Object(it) === it && !Array.isArray(it);
}

/** @param {any} it */
function isLanguage(it) {
  try {
    return !!Intl.getCanonicalLocales(it)[0];
  } catch {
    return false;
  }
}

/** A text, or its beginning. @param {string} text */
const shortened = (text) => (text.length > 80 ? text.slice(0, 80) + "…" : text);

/** An empty module. */
const MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/** @type {((loader: Loader) => string | string[] | false | undefined)[]} */
const checks = [
  function wasm() {
    if (!window.WebAssembly) return "This browser has no WebAssembly, of which the survey is made.";
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

  function block() {
    const blocks = document.querySelectorAll("script[data-nabz]");
    if (!blocks.length) return;
    const several = blocks.length > 1 && "Only the first of several data-nabz blocks is read.";
    try {
      const said = JSON.parse(blocks[0].textContent || "null");
      if (!isObject(said)) return `The data-nabz block has to be an object, not ${shortened(JSON.stringify(said))}.`;
      const unknown = Object.keys(said).filter((field) => !(field in KINDS));
      const advice = `This release does not know these fields of the data-nabz block: ${shortened(unknown.join(", "))}.`;
      return [unknown.length ? advice : "", several || ""];
    } catch (error) {
      return `The data-nabz block is not JSON, so nothing of it is known: ${error}`;
    }
  },

  function values({ page }) {
    const said = page.configuration();
    const { theme } = said;
    /** @type {[name: string, value: unknown, kind: string][]} */
    const colours = ["accent", "background", "text"].flatMap((name) => [
      [`theme.${name}`, theme?.[name], "colour"],
      [`theme.dark.${name}`, theme?.dark?.[name], "colour"],
    ]);
    const fields = Object.keys(KINDS).map((name) => [name, said[name], KINDS[name]]);
    return [...fields, ...colours].map(([name, value, kind]) => {
      const [fits, words] = EXPECTED[kind];
      if (value == null || fits(value)) return "";
      return `${name} is ${shortened(JSON.stringify(value))}, and has to be ${words}.`;
    });
  },

  function attributes({ page }) {
    const given = Object.entries(Object(page.configuration().attributes));
    const kept = plainAttributes(page.configuration().attributes);
    const lost = given.filter(([key, value]) => kept[key] !== value).map(([key]) => key);
    return (
      lost.length > 0 &&
      `These attributes are not sent as they are: ${shortened(lost.join(", "))}. There is room for 50, with 2,000 characters in all: keys of 64, and numbers, true, false or texts of 256.`
    );
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
