// @ts-check
import hold from "../comparison/hold.js";

/** The visitor's attributes are as wanted. @type {Condition<Tests>} */
export default (tests, { attributes }) => hold(tests, attributes);
