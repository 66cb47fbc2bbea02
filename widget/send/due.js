// @ts-check
// Asks the collector what it knows of a named user, who may have answered on another device, and
// for tokens.

/** Nobody waits longer for a survey, in milliseconds. */
const DUE_MS = 500;
/** No answer waits longer for its token. */
const PROVE_MS = 3e3;

/**
 * The collector's token for showing a survey; `null` where it was answered or dismissed elsewhere
 * not long ago.
 * @param {Loader} loader
 * @param {Rule} rule
 * @returns {Promise<string | null>}
 */
export async function due({ table, base, memory, page }, { id }) {
  const { user, user_signature } = page.configuration();
  if (page.isOptedOut(table)) return "";
  const surveys = table.surveys.map(({ id }) => id);
  const asks = { site: table.site, respondent: String(user), user_signature, surveys };
  const reply = await post(base + "api/v1/due", asks, AbortSignal.timeout(DUE_MS));
  const { due, past, token } = await reply.json();
  // From now on the rules of this browser know of it too.
  for (const survey in past) memory.note(survey, past[survey]);
  return due.includes(id) ? token : null;
}

/**
 * Gets the token that proves a response to have been asked for here.
 * @param {Loader} loader
 * @param {Begun} begun
 */
export async function prove(loader, begun) {
  const { table, base } = loader;
  // What waits for the token is sent without it when the page is left.
  outbox(loader);
  const asks = { site: table.site, response: begun.id };
  const reply = await post(base + "api/v1/due", asks, AbortSignal.timeout(PROVE_MS));
  begun.token = (await reply.json()).token;
}
