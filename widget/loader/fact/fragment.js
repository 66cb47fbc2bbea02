// @ts-check
/** The fragment with the `#` before it. @type {Fact} */
export default ({ page }) => page.decoded(location.hash);
