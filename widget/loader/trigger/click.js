// @ts-check
/** Someone clicks on an element that the selector matches. @type {Trigger<string>} */
export default (selector, fire) => {
  // A wrong selector throws here, once, and not at each click.
  document.querySelector(selector);
  const listener = (/** @type {any} */ event) => {
    if (event.target?.closest?.(selector)) fire();
  };
  // Seen before anything in the page can keep it to itself.
  addEventListener("click", listener, true);
  return () => removeEventListener("click", listener, true);
};
