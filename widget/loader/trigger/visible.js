// @ts-check
/**
 * An element that the selector matches is seen: half of it, or half a screen full of it.
 * @type {Trigger<string>}
 */
export default (selector, fire) => {
  const sight = new IntersectionObserver(
    (entries) => {
      const isSeen = (/** @type {IntersectionObserverEntry} */ entry) =>
        entry.intersectionRatio >= 0.5 || entry.intersectionRect.height * 2 >= innerHeight;
      if (entries.some(isSeen)) fire();
    },
    { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5] },
  );
  /** @type {Element | null} */
  let target = null;
  const look = () => {
    const found = document.querySelector(selector);
    if (found === target) return;
    sight.disconnect();
    target = found;
    if (found) sight.observe(found);
  };
  look();
  const changes = new MutationObserver(look);
  changes.observe(document, { childList: true, subtree: true, attributes: true });
  return () => {
    sight.disconnect();
    changes.disconnect();
  };
};
