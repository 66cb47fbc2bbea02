// @ts-check
/**
 * The visitor's locale is one of these, or a variant of one: `pt-BR` is one of `pt`.
 * @type {Condition<string[]>}
 */
export default (locales, { locale }) => {
  const whole = (/** @type {unknown} */ it) => String(it).replace(/_/g, "-").toLowerCase() + "-";
  return locales.some((wanted) => whole(locale).startsWith(whole(wanted)));
};
