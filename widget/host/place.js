// @ts-check
// Where a survey stands in the page. None moves what is there, except one that stands in it.

/**
 * Puts a survey over the page: into the browser's top layer, which is above everything whatever
 * its z-index, unless the owner wants it at a z-index of their own. What lies outside of an open
 * modal dialog cannot be used, so it stands inside of the last one, and moves on when that closes.
 * @param {HTMLElement} host
 * @param {any} card
 * @param {number} [z]
 */
function standOver(host, card, z) {
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
  (dialog ?? document.body).append(host);
  if (z == null) {
    host.popover = "manual";
    host.showPopover();
  }
  card.close?.();
  card.showModal?.();
  const moveOn = () => host.isConnected && standOver(host, card, z);
  dialog?.addEventListener("close", moveOn, { once: true });
}

/**
 * Draws a survey's tab at the edge of the page, until it is pressed.
 * @param {HTMLElement} card
 * @param {string} label
 */
function foldIntoTab(card, label) {
  const tab = button("tab", "");
  const text = document.createElement("span");
  text.textContent = label;
  tab.append(text);
  Object.assign(tab, { className: "tab", dir: card.dir, lang: card.lang });
  tab.dataset.position = card.dataset.position;
  card.hidden = true;
  card.before(tab);
  tab.addEventListener("click", () => {
    tab.remove();
    card.hidden = false;
    card.focus();
  });
}

/**
 * Calls back when an element is in the page, now or later on the same page.
 * @param {string} selector
 * @param {() => boolean} isWanted whether it is still waited for
 * @param {(element: Element) => void} found
 */
function whenFound(selector, isWanted, found) {
  const { href } = location;
  const look = () => {
    let element = null;
    try {
      element = document.querySelector(selector);
    } catch {
      // No selector: it is never found.
    }
    const isOver = !isWanted() || location.href !== href;
    if (!element && !isOver) return;
    observer.disconnect();
    if (element && !isOver) found(element);
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true, attributes: true });
  look();
}

/** Milliseconds without a key after which nobody is typing any more. */
const PAUSE = 3e3;

/** Whether letters would go into something other than the survey. */
const isTyping = () =>
  document.activeElement?.matches("input, textarea, select, iframe, [contenteditable]");

/** Waits until the visitor is not typing: what takes the focus shall not take their letters. */
async function untilQuiet() {
  let last = Date.now();
  const note = () => (last = Date.now());
  addEventListener("keydown", note, true);
  while (isTyping() && Date.now() - last < PAUSE)
    await new Promise((resolve) => setTimeout(resolve, 200));
  removeEventListener("keydown", note, true);
}
