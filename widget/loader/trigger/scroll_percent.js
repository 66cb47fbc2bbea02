// @ts-check
/** So many percent of the page's height have come into view. @type {Trigger<number>} */
export default (percent, fire) => {
  const look = (/** @type {any} */ event) => {
    const inside = event?.target;
    // Some pages scroll a box that fills them.
    const page = document.scrollingElement || document.documentElement;
    const box = inside?.clientHeight * 2 > innerHeight ? inside : page;
    const { scrollTop, clientHeight, scrollHeight } = box;
    // A pixel may be lost where the browser zooms.
    if (scrollTop + clientHeight + 1 >= (scrollHeight * percent) / 100) fire();
  };
  addEventListener("scroll", look, true);
  look(null);
  return () => removeEventListener("scroll", look, true);
};
