// @ts-check
// The first screen as the card will draw it (`widget::card`, `widget::scale`, `widget::actions`):
// this script draws it while the WebAssembly, four times as large, is still on its way.

/**
 * An element with attributes, but for those that are undefined, and what stands in it.
 * @param {string} name
 * @param {Record<string, any>} attributes
 * @param {...(Node | string)} inside
 */
function node(name, attributes, ...inside) {
  const space = /^(svg|path)$/.test(name) ? "2000/svg" : "1999/xhtml";
  const it = document.createElementNS("http://www.w3.org/" + space, name);
  for (const key in attributes)
    if (attributes[key] !== undefined) it.setAttribute(key, attributes[key]);
  it.append(...inside);
  return it;
}

/** What can be chosen. @param {boolean} takesList @returns {(cell: Cell, place: number) => Element} */
const sketchOfCell =
  (takesList) =>
  ([value, label, path], place) => {
    const role = takesList ? "checkbox" : "radio";
    const attributes = { type: "button", name: "choose", value, role, "aria-checked": false };
    const tabindex = takesList || !place ? 0 : -1;
    if (!path) return node("button", { ...attributes, tabindex }, label);
    const drawing = node("path", { d: path });
    const svg = node("svg", { viewBox: "0 0 24 24", "aria-hidden": true }, drawing);
    return node("button", { ...attributes, tabindex, "aria-label": label }, svg);
  };

/**
 * @param {Question} question
 * @param {string} prompt
 * @param {Cell[]} cells
 * @param {string[]} ends
 * @param {boolean} takesList
 * @param {Words} words
 */
function sketch({ scale }, prompt, cells, [low = "", high = ""], takesList, words) {
  const described = { "aria-labelledby": "prompt", "aria-describedby": "ends missing" };
  const role = takesList ? "group" : "radiogroup";
  const scales = cells.length
    ? [
        node(
          "div",
          { class: "scale", "data-scale": scale, role, ...described },
          ...cells.map(sketchOfCell(takesList)),
        ),
        node("div", { class: "ends", id: "ends" }, low, node("span", {}, high)),
      ]
    : [];
  const field = { rows: 3, maxlength: 2000, ...described, "aria-describedby": "left" };
  const fields = cells.length ? [] : [node("textarea", { ...field, placeholder: words.optional })];
  const isSent = takesList || !cells.length;
  const press = (/** @type {"skip" | "send"} */ name) =>
    node("button", { type: "button", name }, words[name]);
  const screen = node(
    "div",
    { class: "screen" },
    node("h2", { id: "prompt", dir: "auto" }, prompt),
    ...scales,
    node("p", { id: "missing", role: "alert" }),
    node("h3", { id: "why", dir: "auto" }),
    ...fields,
    node("div", { class: "actions" }, node("span", { id: "left" }), ...(isSent ? [press("skip"), press("send")] : [])),
  );
  return [screen, node("div", { class: "hidden", role: "status" })];
}

/**
 * What a visitor does with a sketch: it keeps what they choose and write, until the card does.
 * @param {ReturnType<typeof makeCard>} made
 */
function whileSketched({ host, shadow, root }) {
  /** @type {() => any[]} */
  const controls = () => [...root.querySelectorAll("button, textarea")];
  let isSeen = false;
  let last = "";
  return {
    /** @param {string} name @param {number} place */
    note(name, place) {
      if (name === "see") isSeen = true;
      else if (name === "choose") {
        const cells = controls().filter((it) => it.role);
        // Of radio buttons only one is pressed.
        cells.forEach((it, at) => {
          if (at === place) it.ariaChecked = it.role === "radio" || it.ariaChecked === "false";
          else if (it.role === "radio") it.ariaChecked = false;
        });
      } else if (name !== "leave") last = name;
      if (name === "close") host.remove();
    },

    /**
     * Has the card drawn, and does all that in it.
     * @param {() => void} drawCard
     * @param {(name: string, place?: number) => void} perform
     */
    redo(drawCard, perform) {
      const before = controls();
      const focused = before.indexOf(shadow.activeElement);
      drawCard();
      const now = controls();
      now[focused]?.focus();
      if (isSeen) perform("see");
      before.forEach(({ ariaChecked, value }, at) => {
        if (ariaChecked === "true") perform("choose", at);
        else if (now[at]?.rows) now[at].value = value;
      });
      if (last) perform(last);
    },
  };
}
