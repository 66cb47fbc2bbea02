// @ts-check
// The element of a survey with its shadow, and what happens in it: what a click or a key means,
// and where the focus goes. Everything is said to the card by the names of its buttons.

/** Languages that are written from right to left: `nabz_widget::listen::is_right_to_left`. */
const RIGHT_TO_LEFT = /^(ar|fa|he|ur|ps|ckb|sd|ug)$/;

/** What is seen of a text, as `survey::text::has_words` tells. */
const SEEN = /[^\s\p{Cc}\p{DI}\u2800]/u;

/**
 * An element for a survey. The card is drawn into `root`.
 * @param {any} definition
 * @param {Words} words
 * @param {string} locale
 */
function makeCard({ placement = "popover", position }, words, locale) {
  const host = document.createElement("nabz-survey");
  host.dataset.placement = placement;
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CARD_STYLE);
  shadow.adoptedStyleSheets = [sheet];

  const card = document.createElement(placement === "modal" ? "dialog" : "div");
  card.className = "card";
  card.lang = locale;
  card.dir = RIGHT_TO_LEFT.test(languageOf(locale)) ? "rtl" : "ltr";
  card.tabIndex = -1;
  // A dialog takes the focus itself, rather than giving it to its first button; nothing else does.
  card.autofocus = placement === "modal";
  Object.assign(card.dataset, { placement, position });
  // What stands in the page for good is a part of it; the rest is an interruption.
  card.role = placement === "inline" ? "region" : "dialog";
  card.setAttribute("aria-labelledby", "prompt");

  const root = document.createElement("div");
  const close = button("close", words.close);
  card.append(root, close);
  shadow.append(card);
  return { host, shadow, card, root };
}

/** @param {string} name @param {string} text */
function button(name, text) {
  const it = document.createElement("button");
  it.type = "button";
  it.name = name;
  it.textContent = text;
  return it;
}

/**
 * Listens to a card. Returns what does an action by its name.
 * @param {ReturnType<typeof makeCard>} made
 * @param {(characters: number) => string} left says how many characters are left
 * @param {typeof act} act does what the visitor wants
 */
function listen({ shadow, card }, left, act) {
  /** What had the focus before the card. @type {any} */
  let before;
  const field = () => card.querySelector("textarea");

  const count = () => {
    const place = card.querySelector("#left");
    const text = field();
    if (place) place.textContent = text?.value ? left(text.maxLength - text.value.length) : "";
  };

  /** @param {string} name @param {number} [place] */
  const perform = (name, place = 0) => {
    const hadFocus = shadow.activeElement;
    // The field has the same limit, but only for what is typed.
    const text = field()?.value.trim() ?? "";
    act(name, place, SEEN.test(text) ? [...text].slice(0, 2e3).join("") : "");
    count();
    // What had the focus is gone: the keyboard shall not start again at the top of the page.
    if (hadFocus && !shadow.activeElement) (card.isConnected ? card : before)?.focus?.();
  };

  /** @type {Record<string, (event: any) => void>} */
  const on = {
    click({ target: it }) {
      const pressed = it.closest("button");
      if (pressed) perform(pressed.name, [...pressed.parentNode.children].indexOf(pressed));
    },
    input: count,
    keydown(event) {
      const { key, target: it } = event;
      if (key === "Escape") return perform("close");
      // Keys with a modifier are the browser's.
      if (it.role !== "radio" || event.ctrlKey || event.altKey || event.metaKey) return;
      const next = nextCell(key, it, card.dir);
      // Not scrolling, too.
      if (next) event.preventDefault();
      next?.focus();
    },
    focusin({ target: it, relatedTarget }) {
      if (relatedTarget && !card.contains(relatedTarget)) before = relatedTarget;
      // The Tab key comes back to where the arrows have led.
      if (it.role !== "radio") return;
      for (const cell of it.parentNode.children) cell.tabIndex = cell === it ? 0 : -1;
    },
    // Other things move too; the thanks only wait.
    animationend: ({ target: it }) => it.dataset.brief === "" && perform("close"),
    // A dialog may be closed by gestures that are no key.
    cancel(event) {
      event.preventDefault();
      perform("close");
    },
    keyup() {},
    keypress() {},
  };
  for (const name in on)
    card.addEventListener(name, (event) => {
      // The host page's shortcuts are not meant.
      if (name.startsWith("key")) event.stopPropagation();
      on[name](event);
    });

  whenSeen(card, () => perform("see"));
  // Who leaves while writing meant it to be read.
  addEventListener("visibilitychange", () => {
    if (document.hidden && card.isConnected) perform("leave");
  });
  return perform;
}

/**
 * The button that a key on a scale moves to.
 * @type {(key: string, from: any, direction: string) => any}
 */
function nextCell(key, from, direction) {
  const cells = [...from.parentNode.children];
  const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 2, ArrowLeft: -2 }[key];
  const find = (/** @type {string} */ text) =>
    cells.find((it) => it.value === text || it.textContent === text);
  if (!step) {
    const end = { Home: cells[0], End: cells.at(-1) }[key];
    return end ?? find(from.textContent + key) ?? find(key);
  }
  // To the right is further, but where lines run from the right.
  const forth = Math.sign(step) * (step % 2 || direction === "ltr" ? 1 : -1);
  return cells.at((cells.indexOf(from) + forth) % cells.length);
}

/**
 * Tells when a card is seen: at least half in view, in a page that is in front, because a browser
 * observes only what it draws.
 * @param {Element} card
 * @param {() => void} tell
 */
function whenSeen(card, tell) {
  const isHalf = (/** @type {IntersectionObserverEntry} */ it) => it.intersectionRatio >= 0.5;
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(isHalf)) return;
      observer.disconnect();
      tell();
    },
    { threshold: 0.5 },
  );
  observer.observe(card);
}
