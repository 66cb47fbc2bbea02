// @ts-check
// Sends responses until the collector has acknowledged them: over lost connections, closed tabs
// and later visits. What waits is stored before; where nothing can be stored it lives as long as
// the page.

/** @typedef {ReturnType<typeof newOutbox>} Outbox */

/** The collector takes so many at once. */
const KEPT_MAX = 50;
/** Browsers let go of 64 KiB in all when a page is left. */
const KEPT_BYTES = 6e4;
/** What waits for longer is too old to be counted on any day. */
const KEPT_MS = 30 * 864e5;
/** Milliseconds between two tries. */
const PAUSE_MIN = 1e3;
const PAUSE_MAX = 6e4;
/** A server may ask for more, but not for ever. */
const PAUSE_ASKED_MAX = 36e5;

/**
 * The newest of all that waits, as far as there is room. An id begins with its time.
 * @param {Unsent} unsent
 */
function newest(unsent) {
  const oldest = (Date.now() - KEPT_MS).toString(16).padStart(12, "0");
  let room = KEPT_BYTES;
  const kept = Object.entries(unsent)
    .sort()
    .reverse()
    .map(([id, item]) => /** @type {[string, Revision]} */ ([id, clean(item)]))
    .filter(
      ([id, item]) =>
        id.replace("-", "") > oldest &&
        (room -= new Blob([JSON.stringify(item)]).size + 1) > 0,
    );
  return Object.fromEntries(kept.slice(0, KEPT_MAX));
}

/**
 * Milliseconds that a server asks to wait: it writes seconds, or a date (RFC 9110, 10.2.3).
 * @param {Headers} headers
 */
function asked(headers) {
  const after = headers.get("retry-after") || "";
  return Math.min(Number(after) * 1e3 || Date.parse(after) - Date.now() || 0, PAUSE_ASKED_MAX);
}

/**
 * Whether it is worth trying again: what came too slowly or too often may come again.
 * @param {number} status
 */
const comesAgain = (status) => !(status < 500) || status === 408 || status === 429;

/**
 * Without headers, so that it needs no preflight; kept alive, so that it outlives the page.
 * @param {string} url
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 */
const post = (url, body, signal) =>
  fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    keepalive: true,
    credentials: "omit",
    signal,
  });

/** @param {Loader} loader */
const outbox = (loader) => (loader.outbox ??= newOutbox(loader));

/**
 * Sends what a page has to say, and what was left behind by others.
 * @param {Loader} loader
 */
function newOutbox({ base, memory, own }) {
  let pause = PAUSE_MIN;
  /** When the server listens again. */
  let until = 0;
  let timer = 0;
  const unsent = () => newest({ ...memory.read().unsent, ...own });
  const keep = (/** @type {Unsent} */ all) =>
    memory.keep({ unsent: Object.keys(all).length ? all : undefined });

  /**
   * Lets go of what was stored or refused for good, unless a later revision has come meanwhile.
   * @type {(id: string, item: Revision, reply: { status: number, detail?: string }) => void}
   */
  const settle = (id, item, { status, detail }) => {
    if (comesAgain(status)) return;
    if (status >= 400) memory.refused.push(detail || status);
    const all = unsent();
    if (all[id]?.revision === item?.revision) {
      delete all[id];
      delete own[id];
      keep(all);
    }
  };

  const sendAll = async () => {
    const items = Object.entries(unsent());
    if (!items.length) return keep({});
    try {
      const all = items.map(([, item]) => item);
      const reply = await post(base + "api/v1/responses", all);
      until = Date.now() + asked(reply.headers);
      // 200 says of each how it went.
      const replies = reply.status === 200 ? await reply.json() : [];
      items.forEach(([id, item], at) => settle(id, item, replies[at] || reply));
    } catch {}
    const left = unsent();
    if (items.some(([id, item]) => left[id]?.revision === item?.revision)) {
      clearTimeout(timer);
      timer = setTimeout(send, Math.max(pause, until - Date.now()) * (1 + Math.random() / 2));
      pause = Math.min(pause * 2, PAUSE_MAX);
    } else pause = PAUSE_MIN;
  };
  let sent = Promise.resolve();
  const send = () => (sent = sendAll());
  const sendUnlessAsked = () => (Date.now() < until ? sent : send());

  addEventListener("online", sendUnlessAsked);
  addEventListener("pagehide", send);
  return {
    send: sendUnlessAsked,

    /** Sends nothing of what waits; what is on its way arrives first. */
    drop() {
      for (const id in own) delete own[id];
      keep(own);
      return sent;
    },
  };
}
