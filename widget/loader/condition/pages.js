// @ts-check
/**
 * The page matches one of the globs, if there are any without a `!`, and none with one.
 * @type {Condition<string[]>}
 */
export default (globs, { path = "", query = "", fragment = "" }) => {
  // `*` stands for any characters, slashes included. Not a regular expression: with several stars
  // that could take a path apart in too many ways.
  const matches = (/** @type {string} */ glob) => {
    const text =
      path + (glob.includes("?") ? query : "") + (glob.includes("#") ? fragment : "");
    const [first, ...parts] = glob.split("*");
    const last = parts.pop();
    if (last == null) return text === first;
    if (!text.startsWith(first)) return false;
    let from = first.length;
    for (const part of parts) {
      const at = text.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return text.slice(from).endsWith(last);
  };
  const wanted = globs.filter((glob) => glob[0] !== "!");
  return (
    !globs.some((glob) => glob[0] === "!" && matches(glob.slice(1))) &&
    (!wanted.length || wanted.some(matches))
  );
};
