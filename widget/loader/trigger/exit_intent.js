// @ts-check
/** The mouse leaves the page at its top. @type {Trigger<boolean>} */
export default (_, fire) => {
  const listener = (/** @type {MouseEvent} */ event) => {
    if (!event.relatedTarget && event.clientY <= 0) fire();
  };
  document.addEventListener("mouseout", listener);
  return () => document.removeEventListener("mouseout", listener);
};
