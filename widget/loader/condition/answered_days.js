// @ts-check
/** So many days have passed since an answer, if there was one. @type {Condition<number>} */
export default (days, { now, answered_at: since }) => since == null || now - since >= days * 864e5;
