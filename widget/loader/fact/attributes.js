// @ts-check
/** What the host page says about the visitor. @type {Fact} */
export default ({ page }) => page.configuration().attributes;
