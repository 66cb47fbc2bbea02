// @ts-check
/** None of these events was tracked on the page. @type {Condition<string[]>} */
export default (names, { events }) => !names.some((name) => events?.includes(name));
