// @ts-check
// Sends responses until the collector has acknowledged them.

/**
 * @typedef {object} Revision all that is known of one showing so far
 * @property {string} id
 * @property {number} revision rises with every post, from 1
 * @property {string} state
 * @property {unknown[]} answers
 */

/**
 * A function that sends one revision of a response. Of each response only the latest revision
 * matters, because it carries all answers so far; what was posted before is let finish, and which
 * of two arrives first does not matter to the collector.
 * @param {string} url
 */
function outbox(url) {
  /** The latest revision of each response that is not acknowledged yet, by id. */
  const unsent = new Map();

  // Without headers, so that it needs no preflight; kept alive, so that it outlives the page.
  const post = (/** @type {Revision} */ response) =>
    fetch(url, {
      method: "POST",
      body: JSON.stringify(response),
      keepalive: true,
      credentials: "omit",
    });

  /**
   * @param {Revision} response
   * @param {number} [pause] milliseconds to wait before the next try
   */
  const send = async (response, pause = 1e3) => {
    const { id } = response;
    const isLatest = () => unsent.get(id) === response;
    unsent.set(id, response);
    let wait = pause;
    try {
      const { status, headers } = await post(response);
      // Stored, or refused for good; what came too slowly or too often may come again.
      if (status < 500 && status !== 429 && status !== 408) {
        if (isLatest()) unsent.delete(id);
        return;
      }
      wait = Math.max(wait, Number(headers.get("retry-after")) * 1e3 || 0);
    } catch {}
    setTimeout(
      () => isLatest() && send(response, Math.min(pause * 2, 6e4)),
      wait * (1 + Math.random() / 2),
    );
  };

  addEventListener("pagehide", () => unsent.forEach((response) => post(response).catch(() => {})));
  return send;
}
