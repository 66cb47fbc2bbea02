// @ts-check
// The panel: everything in one element with a shadow root of its own.

const STYLE = `
  :host { all: initial !important; position: fixed !important; inset: 16px 16px auto auto !important;
    z-index: 2147483647 !important; margin: 0 !important; border: 0 !important; padding: 0 !important;
    background: none !important; overflow: visible !important }
  section { --back: #fff; --text: #1b1e26; --muted: #5a6070; --line: #d9dce3; --good: #10693a; --bad: #a3211b;
    box-sizing: border-box; width: 44em; max-width: calc(100vw - 32px); max-height: calc(100vh - 32px);
    overflow: auto; padding: 20px; border: 1px solid var(--line); border-radius: 12px;
    background: var(--back); color: var(--text); color-scheme: light dark;
    font: .875em/1.5 system-ui, Vazirmatn, Tahoma, sans-serif; box-shadow: 0 12px 40px #10132444 }
  header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 1em; align-items: start }
  h2 { flex: 1 1 10em; margin: 0; font-size: 1.2em }
  p { margin: .3em 0 }
  ul { margin: .6em 0; padding-inline-start: 1.4em; color: var(--bad); overflow-wrap: anywhere }
  button { flex: none; min-height: 2.6em; padding: 0 1em; border: 1px solid var(--line); border-radius: 8px;
    background: none; color: inherit; font: inherit; cursor: pointer }
  details { border-top: 1px solid var(--line); padding: .6em 0 }
  summary { cursor: pointer; overflow-wrap: anywhere }
  b { font-weight: 600 }
  table { width: 100%; margin-top: .4em; border-collapse: collapse; font-size: .93em }
  th, td { padding: .3em 1em .3em 0; text-align: start; vertical-align: top; white-space: pre-line }
  th { font-weight: 400; color: var(--muted) }
  td:nth-child(-n + 3) { font-family: ui-monospace, monospace }
  td:nth-child(n + 2):nth-child(-n + 3) { overflow-wrap: anywhere }
  .yes { color: var(--good) } .no { color: var(--bad); font-weight: 600 } .muted { color: var(--muted) }
  :focus-visible { outline: 2px solid currentColor; outline-offset: 2px }
  @media (max-width: 34em) {
    tr { display: grid; grid: auto / minmax(0, 1fr) auto; padding: .3em 0 }
    tr:first-child { display: none }
    td { padding: 0; overflow-wrap: anywhere }
    td:nth-child(4) { grid-area: 1 / 2 }
    td:nth-child(n + 2):nth-child(-n + 3) { grid-column: 1 / 3; color: var(--muted) }
    td:nth-child(2)::before { content: "wanted: " }
    td:nth-child(3)::before { content: "found: " } }
  @media (prefers-color-scheme: dark) {
    section { --back: #1c1f26; --text: #eceef3; --muted: #a4aaba; --line: #3b404d; --good: #7fdca4; --bad: #ff9c94 } }
  @media print { :host { display: none !important } }`;

/** What a table's parts are, even where they are laid out otherwise. @type {Record<string, string>} */
const ROLES = { table: "table", tr: "row", th: "columnheader", td: "cell" };

/**
 * An element with a class and what stands in it.
 * @param {string} name
 * @param {string} kind
 * @param {...(Node | string)} inside
 */
function element(name, kind, ...inside) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (ROLES[name]) made.role = ROLES[name];
  made.append(...inside);
  return made;
}

/** A value as people write it. @param {any} value @returns {string} */
function text(value) {
  if (value == null) return "—";
  if (Array.isArray(value)) return value.map(text).join(", ") || "none";
  if (Object(value) !== value) return String(value) || '""';
  return Object.entries(value)
    .map(([name, it]) => `${name}: ${text(it)}`)
    .join("\n");
}

/** @param {Finding} finding */
function line({ name, wanted, found, holds }) {
  const [kind, word] = holds ? ["yes", "yes"] : holds === null ? ["muted", "open"] : ["no", "no"];
  const cells = [name, text(wanted), text(found)].map((it) => element("td", "", it));
  return element("tr", "", ...cells, element("td", kind, word));
}

/** So many surveys are listed in full; of more, each is opened by hand. */
const OPEN_MAX = 4;

/** @param {Row} row @param {boolean} isOpen */
function details({ survey, verdict, isDue, isWaiting, findings }, isOpen) {
  const heads = ["condition", "wanted", "found", "holds"].map((it) => element("th", "", it));
  const table = element("table", "", element("tr", "", ...heads), ...findings.map(line));
  const word = element("span", isDue ? "yes" : isWaiting ? "muted" : "no", verdict);
  const summary = element("summary", "", element("b", "", survey), " — ", word);
  const made = element("details", "", summary, table);
  made.toggleAttribute("open", isOpen);
  return made;
}

/** @param {Why} why */
function draw({ site, troubles, surveys, won, shown }) {
  document.querySelector("nabz-why")?.remove();
  const host = document.createElement("nabz-why");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const close = /** @type {HTMLButtonElement} */ (element("button", "", "Close"));
  const title = element("h2", "", `Surveys of ${site} on this page`);
  title.id = "title";
  const first = won ? `Due first: ${won}.` : "Nothing is due here.";
  const box = element(
    "section",
    "",
    element("header", "", title, close),
    element("p", "", shown ? `Shown now: ${shown}.` : first),
    ...(troubles.length ? [element("ul", "", ...troubles.map((it) => element("li", "", it)))] : []),
    ...surveys.map((row) => details(row, surveys.length <= OPEN_MAX)),
  );
  // Whatever the page speaks.
  box.lang = "en";
  box.dir = "ltr";
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-labelledby", "title");
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const end = () => {
    host.remove();
    before?.focus?.();
  };
  close.addEventListener("click", end);
  box.addEventListener("keydown", (event) => event.key === "Escape" && end());
  root.append(box);
  document.documentElement.append(host);
  // Above everything of the page.
  host.popover = "manual";
  host.showPopover?.();
  close.focus();
}
