// @ts-check
import hold from "../comparison/hold.js";

/** The event's properties are as wanted. @type {Condition<Tests>} */
export default (tests, { properties }) => hold(tests, properties);
