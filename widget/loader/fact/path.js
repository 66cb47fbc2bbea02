// @ts-check
/** The path, decoded. @type {Fact} */
export default ({ page }) => page.path();
