// @ts-check
/** The respondent's own lot for the sample, drawn when it is first asked for. @type {Fact} */
export default ({ memory }, id) => {
  const { draw = Math.random() } = memory.past(id);
  memory.note(id, { draw });
  return draw;
};
