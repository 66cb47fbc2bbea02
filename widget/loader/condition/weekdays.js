// @ts-check
/**
 * The day of the visitor's week is one of these, from 1 for Monday to 7 for Sunday.
 * @type {Condition<number[]>}
 */
export default (weekdays, { now, utc_offset_minutes = 0 }) => {
  // 1970-01-01 was a Thursday.
  const day = Math.floor((now + utc_offset_minutes * 6e4) / 864e5) + 3;
  return weekdays.includes((day % 7) + 1);
};
