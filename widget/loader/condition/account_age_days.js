// @ts-check
/**
 * The visitor's account is known to be so old.
 * @type {Condition<{ at_least?: number, at_most?: number }>}
 */
export default ({ at_least = -Infinity, at_most = Infinity }, { now, created_at }) => {
  const days = created_at == null ? NaN : (now - created_at) / 864e5;
  return days >= at_least && days <= at_most;
};
