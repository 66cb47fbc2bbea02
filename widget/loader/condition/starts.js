// @ts-check
/** This time has come. @type {Condition<number>} */
export default (starts, { now }) => now >= starts;
