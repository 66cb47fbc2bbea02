// @ts-check
// The card's own words. What an owner wrote comes first; these fill the gaps. Every other language
// is a file of its own, widget/locales/<language>.json, which only its visitors download.

/** @typedef {typeof ENGLISH} Words */

/** Where a number stands in a text, `{}` is its place, and the form depends on the number. */
const ENGLISH = {
  close: "Close",
  back: "Back",
  skip: "Skip",
  next: "Next",
  send: "Send",
  optional: "Optional",
  choose: "Please choose something first.",
  thanks: "Thank you for your feedback!",
  feedback: "Feedback",
  nothing: "Nothing went wrong",
  yes: "Yes",
  no: "No",
  up: "Thumbs up",
  down: "Thumbs down",
  left: { one: "{} character left", other: "{} characters left" },
  star: { one: "{} star", other: "{} stars" },
  likely: ["Not at all likely", "Extremely likely"],
  effort: ["Very low effort", "Very high effort"],
  agree: ["Strongly disagree", "Strongly agree"],
  faces: ["Very unhappy", "Unhappy", "Neutral", "Happy", "Very happy"],
};

/**
 * The card's own words in the language of a locale; English where there are none.
 * @param {string} locale
 * @param {string} base the collector's address
 * @returns {Promise<Words>}
 */
async function wordsOf(locale, base) {
  const language = languageOf(locale);
  if (!LOCALES.includes(language)) return ENGLISH;
  try {
    const url = `${base}assets/locale.${language}.${LOCALES_HASH}.json`;
    return await (await fetch(url, { credentials: "omit" })).json();
  } catch {
    return ENGLISH;
  }
}

/** `pt` of `pt-BR`. @param {string} locale */
function languageOf(locale) {
  return locale.toLowerCase().split(/[-_]/)[0];
}

/** Languages whose digits are known, as long as no others are asked for. */
const KNOWN_DIGITS = /^(fa|de|en|es|fr|he|hi|it|ja|nl|pt|ru|tr|uk|zh)([-_]\w\w)?$/i;

/**
 * Writes numbers as a language does.
 * @param {string} locale
 */
function numbersOf(locale) {
  /** @type {Intl.PluralRules} */
  let rules;
  const digits = /^fa/i.test(locale) ? "۰۱۲۳۴۵۶۷۸۹" : "0123456789";
  let number = (/** @type {number} */ value) =>
    String(value).replace(/\d/g, (digit) => digits[+digit]);
  try {
    rules = new Intl.PluralRules(locale);
    // That takes a browser longer than all else that is done before a survey is seen.
    if (!KNOWN_DIGITS.test(locale))
      number = new Intl.NumberFormat(locale, { useGrouping: false }).format;
  } catch {
    // What the page calls its language is none.
    return numbersOf("en");
  }
  return {
    number,

    /**
     * A text with a number in it.
     * @param {Record<string, string>} forms
     * @param {number} value
     */
    counted: (forms, value) =>
      (forms[rules.select(value)] ?? forms.other).replace("{}", number(value)),
  };
}
