// @ts-check
// The first screen as the card will draw it (`nabz_widget::card`): this script draws it while the
// WebAssembly, four times as large, is still on its way.

/**
 * An element with attributes and what stands in it.
 * @param {string} name
 * @param {Record<string, any>} attributes
 * @param {...(Node | string)} inside
 */
function node(name, attributes, ...inside) {
  const space = /^(svg|path)$/.test(name) ? "2000/svg" : "1999/xhtml";
  const it = document.createElementNS("http://www.w3.org/" + space, name);
  for (const key in attributes) it.setAttribute(key, attributes[key]);
  it.append(...inside);
  return it;
}

/** @type {(role: string) => (cell: Cell, place: number) => Element} */
const sketchOfCell =
  (role) =>
  ([value, label, path], place) => {
    const tabindex = role === "radio" && place ? -1 : 0;
    const cell = { type: "button", name: "choose", value, role, "aria-checked": false, tabindex };
    if (!path) return node("button", cell, label);
    const drawing = node("path", { d: path });
    const svg = node("svg", { viewBox: "0 0 24 24", "aria-hidden": true }, drawing);
    return node("button", { ...cell, "aria-label": label }, svg);
  };

/** @type {(scale: string, cells: Cell[], ends: string[], isList: boolean) => Node[]} */
const sketchOfScale = (scale, cells, [low = "", high = ""], isList) => {
  const [group, role] = isList ? ["group", "checkbox"] : ["radiogroup", "radio"];
  const described = { "aria-labelledby": "prompt", "aria-describedby": "ends missing" };
  const attributes = { class: "scale", "data-scale": scale, role: group, ...described };
  return [
    node("div", attributes, ...cells.map(sketchOfCell(role))),
    node("div", { class: "ends", id: "ends" }, low, node("span", {}, high)),
  ];
};

/**
 * @param {Question} question
 * @param {string} prompt
 * @param {Cell[]} cells
 * @param {string[]} ends
 * @param {boolean} takesList
 * @param {Words} words
 */
function sketch({ scale }, prompt, cells, ends, takesList, { optional, skip, send }) {
  const isText = !cells.length;
  const described = { "aria-labelledby": "prompt", "aria-describedby": "left" };
  const field = { rows: 3, maxlength: 2000, placeholder: optional, ...described };
  const buttons = isText || takesList ? [button("skip", skip), button("send", send)] : [];
  const screen = node(
    "div",
    { class: "screen" },
    node("h2", { id: "prompt", dir: "auto" }, prompt),
    ...(isText ? [] : sketchOfScale(scale, cells, ends, takesList)),
    node("p", { id: "missing", role: "alert" }),
    node("h3", { id: "why", dir: "auto" }),
    ...(isText ? [node("textarea", field)] : []),
    node("div", { class: "actions" }, node("span", { id: "left" }), ...buttons),
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
