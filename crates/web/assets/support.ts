// Keys and the clock of the Support console. Everything works without this file.

for (const clock of document.querySelectorAll<HTMLElement>("[data-seconds]")) {
  const shown = clock.querySelector<HTMLElement>("[data-clock]");
  const until = performance.now() + Number(clock.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.round((until - performance.now()) / 1000));
    if (shown) {
      shown.textContent = `${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}`;
    }
    if (left > 0) window.setTimeout(tick, 1000);
    else location.reload();
  };
  if (Number(clock.dataset.seconds) > 0) tick();
}

document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
  const target = document.querySelector<HTMLElement>(`[data-key="${event.code.replace(/^Key/, "")}"]`);
  if (target) {
    event.preventDefault();
    target.click();
  }
});

// A second click must not send a form again.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});

document.querySelector<HTMLElement>(".error-summary")?.focus();
