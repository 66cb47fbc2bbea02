// @ts-check
// The same calls as `window.nabz`, for pages that are built by a bundler.

/** Whether there is a page at all. */
const isPage = typeof document !== "undefined";

/** @param {string} url */
export function load(url) {
  if (!isPage || document.querySelector(`script[src=${JSON.stringify(url)}]`)) return;
  window.nabz ||= [];
  const script = document.createElement("script");
  script.async = true;
  script.src = url;
  document.head.append(script);
}

/**
 * A call that is made as soon as it can be; its result comes then.
 * @template {"open" | "close" | "track" | "identify" | "set" | "forget"} Name
 * @param {Name} name
 * @returns {any}
 */
const later =
  (name) =>
  (/** @type {any[]} */ ...values) =>
    new Promise((done) => {
      if (!isPage) return;
      window.nabz ||= [];
      window.nabz.push((/** @type {any} */ nabz) => done(nabz[name](...values)));
    });

export const open = later("open");
export const close = later("close");
export const track = later("track");
export const identify = later("identify");
export const set = later("set");
export const forget = later("forget");

/** @type {import("./nabz.js").on} */
export function on(state, listener) {
  if (!isPage) return () => {};
  const heard = async (/** @type {any} */ event) => {
    try {
      await listener(event.detail);
    } catch {}
  };
  document.addEventListener(`nabz:${state}`, heard);
  return () => document.removeEventListener(`nabz:${state}`, heard);
}
