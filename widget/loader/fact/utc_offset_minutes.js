// @ts-check
/** Minutes that the visitor's clock is ahead of UTC. @type {Fact} */
export default () => -new Date().getTimezoneOffset();
