// Countdowns. The seconds come from the server; the page only counts how long it has shown them.

/** Counts every clock of a picture down; asks again when one has run out. */
export function count(root: HTMLElement, until: AbortSignal, ranOut: () => void): void {
  const clocks = [...root.querySelectorAll<HTMLElement>("[data-countdown]")];
  if (clocks.length === 0) return;
  const start = performance.now();
  const ends = clocks.map((clock) => Number(clock.dataset.countdown));
  let told = false;
  const tick = (): void => {
    const gone = (performance.now() - start) / 1000;
    clocks.forEach((clock, index) => {
      const left = Math.max(0, Math.ceil((ends[index] ?? 0) - gone));
      clock.textContent = words(left);
      if (left === 0 && !told) {
        told = true;
        ranOut();
      }
    });
  };
  tick();
  const timer = setInterval(tick, 500);
  until.addEventListener("abort", () => clearInterval(timer));
}

function words(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}
