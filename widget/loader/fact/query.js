// @ts-check
/** The query with the `?` before it. @type {Fact} */
export default ({ page }) => page.decoded(location.search);
