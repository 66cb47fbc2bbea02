// @ts-check
/** So many days have passed since a dismissal, if there was one. @type {Condition<number>} */
export default (days, { now, dismissed_at: since }) => since == null || now - since >= days * 864e5;
