// @ts-check
/** So many days have passed since another survey was shown, if one was. @type {Condition<number>} */
export default (days, { now, other_shown_at: since }) => since == null || now - since >= days * 864e5;
