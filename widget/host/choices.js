// @ts-check
// What can be chosen on each scale, and what stands at its ends.

/**
 * @typedef {Record<string, any>} Question as it stands in the definition
 * @typedef {[value: string | number, label: string, drawing?: string]} Cell something to choose
 * @typedef {ReturnType<typeof numbersOf> & { words: Words, text: (it: any) => any }} Visitor whose
 *   words, numbers and language these are
 */

/** What can be chosen. @type {(question: Question, visitor: Visitor) => Cell[]} */
function cellsOf({ scale, points = 3, options = [] }, { words, number, counted, text }) {
  /** Numbers in a row. @type {(low: number, high: number) => Cell[]} */
  const row = (low, high) =>
    Array.from({ length: high - low + 1 }, (_, at) => [low + at, number(low + at)]);
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
}

/**
 * The labels of the ends of a scale: the owner's, else the widget's own.
 * @param {Question} question
 * @param {Visitor} visitor
 */
function endsOf({ scale, points = 3, low, high }, { words, text }) {
  const { agree, effort, faces, likely } = words;
  /** @type {Record<string, string[]>} */
  const ends = {
    ...{ nps: likely, effort, ease: agree, agree, stars: faces, rating: faces },
    faces: points < 5 ? faces.slice(1, 4) : faces,
  };
  const own = ends[scale] ?? [];
  return [text(low) ?? own[0], text(high) ?? own.at(-1)];
}

/** Whether more than one can be chosen. @type {(question: Question) => boolean} */
const takesList = ({ scale, multiple }) => scale === "problems" || !!multiple;
