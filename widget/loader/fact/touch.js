// @ts-check
/** Whether the visitor points with a finger. @type {Fact} */
export default () => matchMedia("(pointer:coarse)").matches;
