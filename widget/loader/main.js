// @ts-check
// Watches what a site's surveys wait for, and shows one when it is due.

const table = NABZ_SITE;

/**
 * The same function, but what it throws stays away from the host page.
 * @template {any[]} Call
 * @template Result
 * @param {(...call: Call) => Result} call
 */
const quietly =
  (call) =>
  (/** @type {Call} */ ...values) => {
    try {
      return call(...values);
    } catch {}
  };

function start() {
  const { site, surveys, triggers } = table;
  // An array is a queue of calls made before; anything else is another loader, or a stranger.
  const queue = window.nabz || [];
  if (!Array.isArray(queue)) return;
  /** @type {any} */
  const own =
    document.currentScript || document.querySelector(`script[src*="/${site}/nabz.js"]`);
  const base = new URL("..", own.src).href;
  const memory = remember(table);
  /**
   * Has a part do something; nothing comes of it when that cannot be loaded now.
   * @type {(file: string) => (what: string, about?: any) => Promise<any>}
   */
  const part = (file) => async (what, about) => {
    try {
      return await (await import(base + "assets/" + file))[what](loader, about);
    } catch {}
  };
  const send = part(table.send);
  const explain = part(table.why);
  /** @type {Loader} */
  const loader = { table, base, memory, page, send, events: [], own: {} };
  /** What happened, by the survey whose delay runs since then. */
  const pending = new Map();
  /** Whether a survey is shown or being loaded. */
  let busy = () => false;
  let close = () => {};

  /** @type {(rule: Rule, what?: Happening) => boolean} */
  const isDue = (rule, what) =>
    !!what && !busy() && verdict(rule, visit(loader, rule, what), table) === "due";

  /** Something happened, to all surveys or to some. */
  const happen = quietly((/** @type {Happening} */ what, rules = surveys) => {
    for (const rule of rules) {
      if (pending.has(rule) || !isDue(rule, what)) continue;
      pending.set(rule, what);
      setTimeout(quietly(ripen), rule.delay_ms, rule, what);
    }
  });

  /** @type {(rule: Rule, what: Happening) => void} */
  const ripen = (rule, what) => {
    // The page was left meanwhile.
    if (pending.get(rule) !== what) return;
    // What is more urgent goes first, even if it waits longer.
    const first = surveys.find((other) => isDue(other, pending.get(other)));
    pending.delete(rule);
    if (first === rule) show(rule, what);
  };

  /**
   * Shows a survey, because of what happened or because the page asks for it.
   * @type {(rule: Rule, what?: Happening) => Promise<boolean | undefined>}
   */
  const show = async (rule, what) => {
    let wanted = true;
    busy = () => wanted;
    close = () => (wanted = false);
    try {
      // Everything at once: each request that waits for another costs a round trip.
      /** @type {(path: string, cache?: RequestCache) => Promise<Response>} */
      const get = (path, cache) => fetch(base + path, { credentials: "omit", cache });
      const wasm = get("assets/" + table.wasm);
      // Asked for anew each time: this is where a survey that was paused meanwhile stops.
      const definition = get(`${site}/${rule.id}.${rule.version}.json`, "no-cache");
      const [card, { status }] = await Promise.all([
        import(base + "assets/" + table.script),
        definition,
        wasm,
      ]);
      if (status === 410) {
        wanted = false;
        surveys.splice(surveys.indexOf(rule), 1);
        // Another one may have stood back for it.
        if (what) happen(what);
        return;
      }
      const showing = await card.show(loader, rule, wasm, definition, () => wanted, !what);
      busy = showing.isOpen;
      close = showing.close;
      return busy();
    } catch {
      refresh(own, rule.id);
    }
  };

  /** @type {((() => void) | undefined)[]} */
  let stops = [];
  /** Begins to wait for what the surveys wait for on this page. */
  const watch = quietly(() => {
    stops = [];
    for (const rule of surveys) {
      for (const trigger of Object.keys(triggers)) {
        const fire = () => happen({ trigger }, [rule]);
        if (trigger in rule) stops.push(quietly(triggers[trigger])(rule[trigger], fire));
      }
    }
    happen({});
  });

  // `?nabz=why` and `?nabz=preview:checkout`, for the owner.
  const [, wish, id] = /[?&]nabz=(why|preview)\b:?([\w-]*)/.exec(location.search) || [];
  // Nothing else comes between.
  if (wish === "preview") surveys.length = 0;
  offer(
    methodsOf({
      surveys,
      say(values) {
        page.say(values);
        // Known only now, it may make a survey due that waited for no more than the page's load.
        happen({});
      },
      busy: () => busy(),
      trigger(event, properties) {
        loader.events.push(event);
        happen({ event, properties });
      },
      show,
      close: () => close(),
      send,
      explain,
    }),
    queue,
  );
  const { unsent, forget } = memory.read();
  if (unsent || forget) send("flush");
  const begin = () => {
    if (wish) explain(wish, id);
    watch();
    onTurn(() => {
      stops.forEach((stop) => stop && quietly(stop)());
      pending.clear();
      loader.events = [];
      watch();
    });
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", quietly(begin));
  else begin();
}

/**
 * Gets the loader again, past the cache, and starts it anew: a cached one may name files of a
 * release that is gone. Once only; the old loader stays busy and so never shows anything again.
 * @param {HTMLScriptElement} own
 * @param {string} id the survey to show then
 */
async function refresh(own, id) {
  if (own.dataset.again) return;
  try {
    const { ok } = await fetch(own.src, { cache: "reload", credentials: "omit" });
    if (!ok) return;
    const script = document.createElement("script");
    script.src = own.src;
    script.dataset.again = "1";
    window.nabz = [["open", id]];
    document.head.append(script);
  } catch {}
}

quietly(start)();
