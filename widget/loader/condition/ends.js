// @ts-check
/** This time has not come yet. @type {Condition<number>} */
export default (ends, { now }) => now < ends;
