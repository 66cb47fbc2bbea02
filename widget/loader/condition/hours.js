// @ts-check
/**
 * The visitor's time of day lies between two, in minutes since midnight; past midnight when the
 * second is the smaller one.
 * @type {Condition<[number, number]>}
 */
export default ([from, until], { now, utc_offset_minutes = 0 }) => {
  const minute = (now / 6e4 + utc_offset_minutes) % 1440;
  return from < until ? minute >= from && minute < until : minute >= from || minute < until;
};
