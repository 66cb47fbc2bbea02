// @ts-check
/**
 * Whether all tests hold for what is given: each value is one of some, none of others, a number
 * not too small and not too great, there or not. A text of digits is no number.
 * @param {Tests} tests
 * @param {Record<string, unknown> | undefined} given
 */
export default (tests, given) => {
  // Without what every object inherits, such as `constructor`.
  /** @type {Record<string, unknown>} */
  const own = { ...given, __proto__: null };
  return Object.entries(tests).every(([name, { one_of, not, at_least, at_most, exists }]) => {
    /** @type {any} */
    const value = own[name];
    const number = typeof value == "number" ? value : NaN;
    return (
      (!one_of || one_of.includes(value)) &&
      !not?.includes(value) &&
      (at_least == null || number >= at_least) &&
      (at_most == null || number <= at_most) &&
      (exists == null || exists === (value != null))
    );
  });
};
