// @ts-check
/** The visitor uses one of these devices. @type {Condition<string[]>} */
export default (devices, { touch, screen_pixels = 0 }) =>
  devices.includes(!touch ? "desktop" : screen_pixels < 600 ? "phone" : "tablet");
