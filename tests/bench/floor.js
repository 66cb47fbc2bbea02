// The floor of the bench: the least that asks a question in a page of somebody else, drawn by the
// loader itself. It is no survey: it follows nothing up, posts nothing, speaks one language.
(() => {
  const host = document.createElement("floor-survey");
  const root = host.attachShadow({ mode: "open" });
  const values = Array.from({ length: 11 }, (_, value) => `<button role="radio">${value}</button>`);
  root.innerHTML = `
    <style>
      [role=dialog] {
        position: fixed; inset: auto 16px 16px auto; box-sizing: border-box; width: 388px;
        max-width: calc(100vw - 32px); padding: 20px; border: 1px solid #d9dce3;
        border-radius: 16px; background: #fff; color: #1b1e26; font: 15px/1.45 system-ui, sans-serif;
        box-shadow: 0 12px 40px #1013242e;
      }
      [role=radiogroup] { display: flex; gap: 3px; margin-top: 16px }
      [role=radio] {
        flex: 1; min-width: 0; height: 42px; padding: 0; border: 1px solid #d9dce3;
        border-radius: 8px; background: none; font: inherit;
      }
    </style>
    <div role="dialog" aria-labelledby="prompt">
      <div id="prompt">How likely are you to recommend Acme to a friend?</div>
      <div role="radiogroup">${values.join("")}</div>
      <button name="close">Close</button>
    </div>`;
  root.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.localName === "button") host.remove();
  });
  const show = () => document.body.append(host);
  if (document.body) show();
  else addEventListener("DOMContentLoaded", show);
})();
