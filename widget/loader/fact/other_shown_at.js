// @ts-check
/** When any other survey was last shown. @type {Fact} */
export default ({ memory }, id) =>
  Object.entries(memory.read().surveys).reduce(
    (last, [other, past]) => (other === id ? last : Math.max(last, past?.shown_at || 0)),
    0,
  );
