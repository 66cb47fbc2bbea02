// @ts-check
// Reads a definition for one visitor, writes it for the card, and reads the card's answers.

/** Ends a field of what is written for the card; `FIELD_END` there. */
const FIELD_END = "\x1f";

/**
 * @typedef {Record<string, any>} Question as it stands in the definition
 * @typedef {[value: string | number, label: string, drawing?: string]} Cell something to choose
 * @typedef {[chosen: number, text: string]} Given the chosen cells of a question, one bit for each
 */

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
  const { number, counted } = numbersOf(locale);
  const text = (/** @type {any} */ it) => localized(it, locale, definition.locale);
  /** @type {Question[]} */
  const questions = definition.questions;

  /** Numbers in a row. @type {(low: number, high: number) => Cell[]} */
  const row = (low, high) =>
    Array.from({ length: high - low + 1 }, (_, at) => [low + at, number(low + at)]);

  /** What can be chosen. @type {(question: Question) => Cell[]} */
  const cellsOf = ({ scale, points = 3, options = [] }) => {
    // Three faces are the middle ones of five.
    const face = (/** @type {number} */ value) => value + 1 - (points >> 1);
    /** @type {Record<string, () => Cell[]>} */
    const cells = {
      nps: () => row(0, 10),
      rating: () => row(1, 10),
      stars: () => row(1, 5).map(([value]) => [value, counted(words.star, +value), STAR]),
      faces: () =>
        row(1, points).map(([value]) => [value, words.faces[face(+value)], FACES[face(+value)]]),
      thumbs: () => [[1, words.up, THUMB_UP], [0, words.down, THUMB_DOWN]],
      yes_no: () => [[1, words.yes], [0, words.no]],
      text: () => [],
      choice: () => options.map((/** @type {Question} */ it) => [it.id, text(it.label)]),
      problems: () => [...cells.choice(), ["", words.nothing]],
    };
    return (cells[scale] ?? (() => row(1, 7)))();
  };

  /** The labels of the ends of a scale where the owner gave none; the first and the last count. */
  const endsOf = (/** @type {Question} */ { scale, points = 3 }) => {
    const { agree, effort, faces, likely } = words;
    /** @type {Record<string, string[]>} */
    const ends = {
      ...{ nps: likely, effort, ease: agree, agree, stars: faces, rating: faces },
      faces: points < 5 ? faces.slice(1, 4) : faces,
    };
    return ends[scale] ?? [];
  };

  const cells = questions.map(cellsOf);
  const ends = questions.map((question) => [
    text(question.low) ?? endsOf(question)[0],
    text(question.high) ?? endsOf(question).at(-1),
  ]);
  const takesList = (/** @type {Question} */ { scale, multiple }) =>
    scale === "problems" || !!multiple;

  /** Texts for groups, as rows. @type {(groups: any, fields: (it: any) => any[]) => any[]} */
  const rows = (groups, fields) => {
    const entries = Object.entries(Object(groups));
    return [entries.length, ...entries.flatMap(([group, it]) => [group, ...fields(it)])];
  };

  const { thanks = words.thanks } = definition;
  const isForGroups = Object.values(Object(thanks)).some((it) => it.text);
  const thanksFor = isForGroups ? { any: { text: words.thanks }, ...thanks } : { any: { text: thanks } };

  const fields = [
    ...[words.back, words.skip, words.next, words.send, words.optional, words.choose],
    ...rows(thanksFor, ({ text: said, link }) => [text(said), text(link?.label), link?.url]),
    questions.length,
    ...questions.flatMap((question, at) => [
      question.scale,
      question.points ?? 3,
      +!!takesList(question),
      text(question.prompt),
      ...ends[at],
      cells[at].length,
      ...cells[at].flatMap(([value, label, drawing]) => [value, label, drawing]),
      ...rows(question.follow_up, (it) => [text(it), , ,]),
    ]),
  ];

  const [first] = questions;
  return {
    /** What the tab of a survey says. @type {string} */
    tab: text(definition.label) ?? words.feedback,

    /** Says how many characters are left. @param {number} characters */
    left: (characters) => counted(words.left, characters),

    /** The first screen, before the card has come. */
    sketch: sketch(first, text(first.prompt), cells[0], ends[0], takesList(first), words),

    /** All of it for the card, whose parts are read in this order. */
    written: fields.map((it) => String(it ?? "").replaceAll(FIELD_END, " ")).join(FIELD_END),

    /**
     * The answers, as they are posted.
     * @param {Given[]} given to each question
     */
    answers: (given) =>
      questions.flatMap((question, at) => {
        const [chosen, written] = given[at];
        const values = cells[at].filter((_, place) => (chosen >> place) & 1).map(([it]) => it);
        if (question.scale === "text")
          return written ? [{ question: question.id, value: written }] : [];
        // That nothing went wrong is an empty list.
        const value = takesList(question) ? values.filter((it) => it !== "") : values[0];
        const comment = written || undefined;
        return chosen ? [{ question: question.id, value, ...(comment && { comment }) }] : [];
      }),
  };
}
