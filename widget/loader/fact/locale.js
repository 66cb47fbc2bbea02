// @ts-check
/** The visitor's locale. @type {Fact} */
export default ({ page }) => page.locale();
