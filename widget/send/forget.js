// @ts-check
// Erases what is known of a visitor, here and at the collector.

/**
 * Erases all traces in this browser, and at the collector the responses given here; with a
 * signature all of the user's. Tells whether the collector has done it: if it could not be
 * reached, it is asked again at the next visit.
 * @param {Loader} loader
 */
export async function forget(loader) {
  const { table, memory, page } = loader;
  const { user, user_signature } = page.configuration();
  // Removed, not closed: closing would be posted.
  document.querySelector("nabz-survey")?.remove();
  // What is on its way must not arrive after it was erased.
  await outbox(loader).drop();
  const { responses = [], forget } = memory.read();
  const ids = [...(forget?.ids || []), ...responses];
  const signed = user_signature && { respondent: String(user), user_signature };
  const wanted = { site: table.site, ids, ...signed };
  memory.clear();
  memory.keep({ forget: wanted });
  const isDone = await erase(loader, wanted);
  if (isDone) memory.clear();
  return isDone;
}

/**
 * Asks the collector to erase.
 * @param {Loader} loader
 * @param {object} wanted
 */
async function erase({ base, memory }, wanted) {
  try {
    const { ok, status } = await post(base + "api/v1/forget", wanted);
    if (!comesAgain(status)) memory.keep({ forget: undefined });
    return ok;
  } catch {
    return false;
  }
}

/**
 * Sends what waits, and asks again for what could not be erased earlier.
 * @param {Loader} loader
 */
export async function flush(loader) {
  const { forget } = loader.memory.read();
  if (forget) await erase(loader, forget);
  await outbox(loader).send();
}
