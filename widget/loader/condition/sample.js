// @ts-check
/** The respondent has drawn a lot below this. @type {Condition<number>} */
export default (sample, { draw = 1 }) => draw < sample;
