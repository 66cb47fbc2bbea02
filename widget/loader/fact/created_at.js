// @ts-check
/**
 * When the visitor's account was made: the page says it in milliseconds since 1970, or as a text
 * such as `2026-03-31T09:30:00Z`.
 * @type {Fact}
 */
export default ({ page }) => {
  const { created_at } = page.configuration();
  return created_at && +new Date(created_at);
};
