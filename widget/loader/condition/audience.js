// @ts-check
import hold from "../shared/hold.js";

/** The visitor's attributes are as wanted. @type {Condition<Tests>} */
export default (tests, { attributes }) => hold(tests, attributes);
