// "Hold the phone on the chip": begins when a chip comes into the field, and shows how far the reading is.

import { act, ask } from "../phone";

const LOOK_MS = 400;

export function holdToChip(hold: HTMLElement, until: AbortSignal): void {
  const bar = hold.querySelector("progress");
  const words = hold.querySelector<HTMLElement>("[data-reading]");
  // Begins once for each time a chip is brought: after a reading that broke, the person holds it again or presses.
  let seen = true;
  let first = true;
  const look = async (): Promise<void> => {
    const answer = await ask(`/reading?language=${document.documentElement.lang}`).catch(() => null);
    if (!answer?.ok || until.aborted) return;
    const now = (await answer.json()) as { present: boolean; percent?: number | null; text?: string | null };
    if (first && document.querySelector("#notice") === null) seen = false;
    first = false;
    if (bar && typeof now.percent === "number") bar.value = now.percent;
    const next = now.text ?? hold.dataset.waiting ?? "";
    if (words && now.present && words.textContent !== next) words.textContent = next;
    if (now.present && !seen) void act({ act: "read" });
    seen = now.present;
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  until.addEventListener("abort", () => clearInterval(timer));
}
