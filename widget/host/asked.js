// @ts-check
// Reads a definition for one visitor, writes it for the card, and reads the card's answers.

/** Ends a field of what is written for the card; `FIELD_END` there. */
const FIELD_END = "\x1f";

/** @typedef {[chosen: number, text: string]} Given the chosen cells of a question, one bit for each */

/**
 * An owner's text for a visitor: `survey::text::Text::get`.
 * @param {any} text one for all, or one for each locale
 * @param {string} locale
 * @param {string} siteLocale
 * @returns {string}
 */
function localized(text, locale, siteLocale) {
  if (Object(text) !== text) return text;
  const texts = Object.entries(text);
  const wanted = [locale, languageOf(locale), siteLocale, languageOf(siteLocale)];
  const best = wanted
    .map((it) => texts.find(([given]) => given.toLowerCase() === it.toLowerCase()))
    .find(Boolean);
  return (best ?? texts[0])?.[1];
}

/**
 * What a definition asks one visitor.
 * @param {any} definition
 * @param {Words} words
 * @param {string} locale
 */
function askedOf(definition, words, locale) {
  const text = (/** @type {any} */ it) => localized(it, locale, definition.locale);
  const visitor = { words, text, ...numbersOf(locale) };
  /** @type {Question[]} */
  const questions = definition.questions;
  const cells = questions.map((question) => cellsOf(question, visitor));
  const ends = questions.map((question) => endsOf(question, visitor));
  const fields = [
    ...[words.back, words.skip, words.next, words.send, words.optional, words.choose],
    ...thanksFields(definition.thanks ?? words.thanks, visitor),
    questions.length,
    ...questions.flatMap((it, at) => questionFields(it, cells[at], ends[at], visitor)),
  ];
  const [first] = questions;
  return {
    /** What the tab of a survey says. @type {string} */
    tab: text(definition.label) ?? words.feedback,

    /** Says how many characters are left. @param {number} characters */
    left: (characters) => visitor.counted(words.left, characters),

    /** The first screen, before the card has come. */
    sketch: sketch(first, text(first.prompt), cells[0], ends[0], takesList(first), words),

    /** All of it for the card, whose parts are read in this order. */
    written: fields.map((it) => String(it ?? "").replaceAll(FIELD_END, " ")).join(FIELD_END),

    /**
     * The answers, as they are posted.
     * @param {Given[]} given to each question
     */
    answers: (given) => questions.flatMap((it, at) => answersTo(it, cells[at], given[at])),
  };
}

/**
 * What is asked by one question, for the card.
 * @param {Question} question
 * @param {Cell[]} cells
 * @param {string[]} ends
 * @param {Visitor} visitor
 */
const questionFields = (question, cells, ends, { text }) => [
  question.scale,
  question.points ?? 3,
  +!!takesList(question),
  text(question.prompt),
  ...ends,
  cells.length,
  ...cells.flatMap(([value, label, drawing]) => [value, label, drawing]),
  ...rowsOf(question.follow_up, (it) => [text(it), , ,]),
];

/**
 * What is said at the end, for the card.
 * @param {any} thanks a text, or one for each group
 * @param {Visitor} visitor
 */
function thanksFields(thanks, { words, text }) {
  const isForGroups = Object.values(Object(thanks)).some((it) => it.text);
  const byGroup = isForGroups
    ? { any: { text: words.thanks }, ...thanks }
    : { any: { text: thanks } };
  return rowsOf(byGroup, ({ text: said, link }) => [text(said), text(link?.label), link?.url]);
}

/** Texts for groups, as rows. @type {(groups: any, fields: (it: any) => any[]) => any[]} */
function rowsOf(groups, fields) {
  const entries = Object.entries(Object(groups));
  return [entries.length, ...entries.flatMap(([group, it]) => [group, ...fields(it)])];
}

/**
 * The answer to a question, if there is one.
 * @type {(question: Question, cells: Cell[], given: Given) => any[]}
 */
function answersTo(question, cells, [chosen, written]) {
  const values = cells.filter((_, place) => (chosen >> place) & 1).map(([it]) => it);
  if (question.scale === "text") return written ? [{ question: question.id, value: written }] : [];
  // That nothing went wrong is an empty list.
  const value = takesList(question) ? values.filter((it) => it !== "") : values[0];
  const comment = written || undefined;
  return chosen ? [{ question: question.id, value, ...(comment && { comment }) }] : [];
}
