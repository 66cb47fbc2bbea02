// @ts-check
// Watches the triggers of a site's surveys, and loads the card when one is due.

const table = NABZ_SITE;

function start() {
  const { site, surveys } = table;
  // An array is a queue of calls made before; anything else is another loader, or a stranger.
  const queue = window.nabz || [];
  if (!Array.isArray(queue)) return;
  /** @type {any} */
  const own =
    document.currentScript || document.querySelector(`script[src*="/${site}/nabz.js"]`);
  const base = new URL("..", own.src).href;
  const memory = remember(site);
  const send = outbox(base + "api/v1/responses");
  /** Whether a survey is shown or being loaded. */
  let busy = () => false;
  let close = () => {};

  /** @type {(rule: Rule, event: string | null) => boolean} */
  const isDue = (rule, event) => {
    const { id } = rule;
    const past = memory.past(id);
    const visit = {
      path: readablePath(),
      event,
      now: Date.now(),
      answered_at: past.answered_at,
      dismissed_at: past.dismissed_at,
      other_shown_at: memory.otherShown(id),
      get draw() {
        const draw = past.draw ?? Math.random();
        if (draw !== past.draw) memory.note(id, { draw });
        return draw;
      },
    };
    return !busy() && verdict(rule, visit, table.budget_days) === "due";
  };

  /** @param {string | null} event */
  const trigger = (event) => {
    const rule = surveys.find((rule) => isDue(rule, event));
    if (rule) setTimeout(() => isDue(rule, event) && show(rule), rule.delay_ms);
  };

  /**
   * A function that posts how far one showing has come.
   * @param {Rule} rule
   * @param {string} locale
   */
  const reporter = ({ id: survey, version }, locale) => {
    const { user, attributes, test } = configuration();
    const response = {
      id: uuid(),
      site,
      survey,
      version,
      respondent: user ? cut(user, 128) : memory.respondent(),
      attributes: plainAttributes(attributes),
      locale: cut(locale, 35),
      page: cut(readablePath(), 500),
      test: test === true || /[?&]nabz=test(&|$)/.test(location.search),
    };
    let revision = 0;
    /** @type {(state: string, answers: unknown[]) => void} */
    return (state, answers) => {
      memory.note(survey, { [state.replace("completed", "answered") + "_at"]: Date.now() });
      send({ ...response, revision: ++revision, state, answers });
    };
  };

  /** @param {Rule} rule */
  const show = async (rule) => {
    busy = () => true;
    const host = document.createElement("nabz-survey");
    const closed = () => {
      busy = () => false;
      close = () => {};
      host.remove();
    };
    let wanted = true;
    close = () => (wanted = false);
    try {
      // Everything at once: each request that waits for another costs a round trip.
      const get = (/** @type {string} */ path) => fetch(base + path, { credentials: "omit" });
      const wasm = get("assets/" + table.wasm);
      const module = import(base + "assets/" + table.script).then(async (module) => {
        // After a trap nothing of the card can be trusted; it stays away until the next page.
        module.on_trap(() => {
          busy = () => true;
          host.remove();
        });
        await module.default({ module_or_path: wasm });
        return module;
      });
      const definition = get(`${site}/${rule.id}.${rule.version}.json`).then((it) => it.json());
      const [card, asked] = await Promise.all([module, definition, wasm]);
      if (!wanted) return closed();
      const { locale } = configuration();
      const language = String(locale || document.documentElement.lang || navigator.language);
      close = card.close;
      // A page that replaces its body takes the survey with it.
      busy = () => host.isConnected;
      card.show(asked, { host, locale: language, send: reporter(rule, language), closed });
    } catch {
      refresh(own, rule.id);
    }
  };

  /** @type {Record<string, (argument?: unknown) => void>} */
  const methods = {
    /** Reports that something happened that a survey may wait for. */
    track(event) {
      if (typeof event === "string") trigger(event);
    },
    /** Shows a survey, whatever its rules say. */
    open(id) {
      const rule = surveys.find((rule) => rule.id === id);
      if (rule && !busy()) show(rule);
    },
    /** Closes the survey that is shown. */
    close: () => close(),
  };
  /** Makes a call that was written as a list. @param {any} call */
  const push = (call) => {
    try {
      methods[call[0]](call[1]);
    } catch {}
  };
  window.nabz = { ...methods, push };

  queue.forEach(push);
  const loaded = () => trigger(null);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", loaded);
  else loaded();
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

try {
  start();
} catch {}
