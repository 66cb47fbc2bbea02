// @ts-check
/** The shorter side of the screen, in CSS pixels. @type {Fact} */
export default () => Math.min(screen.width, screen.height);
