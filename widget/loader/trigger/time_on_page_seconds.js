// @ts-check
/** The page has been in the foreground for so many seconds. @type {Trigger<number>} */
export default (seconds, fire) => {
  let left = seconds;
  const timer = setInterval(() => {
    if (document.hidden || --left > 0) return;
    clearInterval(timer);
    fire();
  }, 1e3);
  return () => clearInterval(timer);
};
