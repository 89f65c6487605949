// The PIN pad. The digits are in this variable alone: never in a field, an attribute or a name that assistive
// technology reads. How many are typed is said; which ones is not.

import { act } from "../phone";

const LENGTH = 6;

export function pinPad(pad: HTMLElement, until: AbortSignal): void {
  let typed = "";
  let shown = false;
  const counts = JSON.parse(pad.dataset.counts ?? "[]") as string[];
  const dots = pad.querySelector<HTMLElement>(".dots");
  const status = pad.querySelector<HTMLElement>("[data-count]");
  const enter = pad.querySelector<HTMLElement>("[data-enter]");
  const toggle = pad.querySelector<HTMLElement>("[data-toggle]");

  const draw = (): void => {
    dots?.classList.toggle("shown", shown);
    [...(dots?.children ?? [])].forEach((dot, index) => {
      dot.classList.toggle("on", index < typed.length);
      dot.textContent = shown ? (typed[index] ?? "") : "";
    });
    if (status) status.textContent = counts[typed.length] ?? "";
    enter?.setAttribute("aria-disabled", String(typed.length !== LENGTH));
    if (toggle) toggle.textContent = (shown ? pad.dataset.hide : pad.dataset.show) ?? "";
  };
  const add = (digit: string): void => {
    if (typed.length < LENGTH) typed += digit;
    draw();
  };
  const remove = (): void => {
    typed = typed.slice(0, -1);
    draw();
  };
  const send = (): void => {
    if (typed.length !== LENGTH) return;
    const digits = typed;
    typed = "";
    shown = false;
    draw();
    void act({ act: "pin", digits });
  };

  pad.addEventListener(
    "click",
    (event) => {
      const button = (event.target as Element).closest<HTMLElement>("button");
      if (button?.dataset.digit) add(button.dataset.digit);
      else if (button && "delete" in button.dataset) remove();
      else if (button && "toggle" in button.dataset) {
        shown = !shown;
        draw();
      } else if (button && "enter" in button.dataset) send();
    },
    { signal: until },
  );
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const onButton = document.activeElement instanceof HTMLButtonElement;
      if (/^[0-9]$/.test(event.key)) add(event.key);
      else if (event.key === "Backspace") remove();
      else if (event.key === "Enter" && !onButton) send();
      else return;
      event.preventDefault();
    },
    { signal: until },
  );
  draw();
}
