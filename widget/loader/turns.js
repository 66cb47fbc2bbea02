// @ts-check
// Tells when a page turns into another one without being loaded.

/** The page's address. A fragment is a part of it only where it is a route: `#/cart`, `#!cart`. */
const address = () => location.href.replace(/#([^/!].*)?$/, "");

/** @param {() => void} turned */
function onTurn(turned) {
  let last = address();
  const look = () => {
    if (last === (last = address())) return;
    turned();
  };
  addEventListener("popstate", look);
  addEventListener("hashchange", look);
  // Back from the browser's cache of whole pages, perhaps hours later.
  addEventListener("pageshow", (event) => event.persisted && turned());
  const { navigation } = /** @type {any} */ (window);
  if (navigation?.addEventListener) {
    navigation.addEventListener("currententrychange", look);
    return;
  }
  for (const name of /** @type {const} */ (["pushState", "replaceState"])) {
    const original = history[name];
    history[name] = function (...call) {
      original.apply(this, call);
      look();
    };
  }
}
