// Records what a page goes through, for the bench: when a card is visible and when it has everything
// that it takes, long tasks, shifts.
{
  const seen = (window.__seen = { visible: 0, whole: 0, tasks: [], shift: 0 });
  /** @type {(type: string, note: (entry: any) => void) => void} */
  const observe = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({
      type,
      buffered: true,
    });
  observe("longtask", ({ duration }) => seen.tasks.push(duration));
  observe("layout-shift", ({ value }) => (seen.shift += value));

  // Whether at least half of a card stands in the window.
  const isVisible = () => {
    const host = document.querySelector("nabz-survey, floor-survey");
    const card = host?.shadowRoot?.querySelector("[role=dialog]");
    const { top, bottom, height } = card?.getBoundingClientRect() ?? new DOMRect();
    return height > 0 && Math.min(bottom, innerHeight) - Math.max(top, 0) >= height / 2;
  };
  const visible = new Promise((resolve) => {
    const look = () => {
      if (!isVisible()) return requestAnimationFrame(look);
      // What is in place before a frame is painted in it, and the next task comes after that.
      setTimeout(() => resolve((seen.visible = performance.now())));
    };
    look();
  });
  // The widget reports its card as shown once that is no sketch any more.
  const whole = new Promise((resolve) => {
    if (location.pathname === "/floor") resolve(visible);
    else document.addEventListener("nabz:shown", resolve);
  });
  window.__whole = Promise.all([visible, whole]).then(() => (seen.whole = performance.now()));
}
