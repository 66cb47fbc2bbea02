// Records what a page goes through, for the bench: when a card is visible, long tasks, shifts.
{
  const seen = (window.__seen = { loaded: 0, visible: 0, tasks: [], shift: 0 });
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
  window.__visible = new Promise((resolve) => {
    const look = () => {
      if (!isVisible()) return requestAnimationFrame(look);
      // What is in place before a frame is painted in it, and the next task comes after that.
      setTimeout(() => {
        seen.visible = performance.now();
        const ends = performance.getEntriesByType("resource").map((it) => it.responseEnd);
        seen.loaded = Math.max(...ends.filter((end) => end < seen.visible));
        resolve(seen.visible);
      });
    };
    look();
  });
}
