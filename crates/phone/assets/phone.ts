// The page of one phone: sends what the person does, shows the picture that comes back. No rule and no secret is here.

import { showFace } from "./phone/camera";
import { count } from "./phone/clock";
import { holdToChip } from "./phone/chip";
import { pinPad } from "./phone/pad";

/** The answer to every command. */
export interface Fragment {
  html: string;
  title: string;
  language: string;
  screen: string;
  skip: string;
  ask_again_secs?: number;
}

export type Action = { act: string } & Record<string, unknown>;

const screen = document.getElementById("screen") as HTMLElement;
const said = document.getElementById("said") as HTMLElement;
const token = document.querySelector<HTMLMetaElement>('meta[name="genvej-phone-token"]')?.content ?? "";
let busy = false;
let leave: AbortController = new AbortController();

/** Calls this phone. */
export async function ask(path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { "genvej-phone-token": token };
  if (body !== undefined) headers["content-type"] = "application/json";
  return fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    cache: "no-store",
    credentials: "omit",
  });
}

/** Tells this phone what the machine has that shows the page: the app says whether it is enough. */
async function tellMachine(): Promise<void> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  const devices = (await media?.enumerateDevices().catch(() => undefined)) ?? [];
  const camera = devices.some((device) => device.kind === "videoinput");
  const new_enough = typeof media?.getUserMedia === "function" && typeof createImageBitmap === "function";
  await ask("/device", { camera, new_enough }).catch(() => undefined);
}

/** Says something to those who do not see the screen. */
export function say(words: string): void {
  said.textContent = words;
}

/** Carries out one action and shows the next picture. One at a time: a double click is one click. */
export async function act(action: Action): Promise<void> {
  await command("/act", action, action.act === "refresh");
}

async function command(path: string, body: unknown, quietly: boolean): Promise<void> {
  if (busy) return;
  busy = true;
  screen.setAttribute("aria-busy", "true");
  try {
    if ((body as Partial<Action>).act === "check-phone") await tellMachine();
    const answer = await ask(path, body);
    if (answer.status === 403 || answer.status === 421) {
      // The phone was started anew: its page has another token now.
      location.reload();
      return;
    }
    if (answer.ok) show((await answer.json()) as Fragment, quietly);
  } catch {
    // The phone itself is gone; what is shown stays until it is back.
  } finally {
    busy = false;
    screen.removeAttribute("aria-busy");
  }
}

/** Shows the next picture. */
export function show(next: Fragment, quietly: boolean): void {
  const same = quietly && screen.dataset.screen === next.screen;
  document.documentElement.lang = next.language;
  const skip = document.querySelector(".skip");
  if (skip) skip.textContent = next.skip;
  document.title = next.title;
  if (same && sameButForClocks(next.html)) {
    restart(next.ask_again_secs);
    return;
  }
  const focused = same ? focusPath() : null;
  // A slip must not cost what else was typed. Only on the same screen, and never the PIN: it is in no field.
  const typed = new Map<string, string>();
  if (screen.dataset.screen === next.screen) {
    for (const field of fields()) typed.set(field.id, field.value);
  }
  screen.innerHTML = next.html;
  for (const field of fields()) field.value = typed.get(field.id) ?? field.value;
  screen.dataset.screen = next.screen;
  restart(next.ask_again_secs);
  if (focused) focused();
  else if (!same) {
    const target =
      screen.querySelector<HTMLElement>("#notice.note.stop") ?? screen.querySelector<HTMLElement>("h1");
    target?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
}

function fields(): NodeListOf<HTMLInputElement | HTMLTextAreaElement> {
  return screen.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input[id], textarea[id]");
}

/** A refresh that changes nothing must not move the focus or be read aloud again: only clocks are set. */
function sameButForClocks(html: string): boolean {
  const next = document.createElement("template");
  next.innerHTML = html;
  const plain = (root: ParentNode): string => {
    const copy = document.createElement("div");
    for (const child of root.childNodes) copy.append(child.cloneNode(true));
    for (const clock of copy.querySelectorAll("[data-countdown]")) {
      clock.textContent = "";
      clock.removeAttribute("data-countdown");
    }
    for (const time of copy.querySelectorAll("time")) time.textContent = "";
    return copy.innerHTML;
  };
  if (plain(screen) !== plain(next.content)) return false;
  const fresh = [...next.content.querySelectorAll<HTMLElement>("[data-countdown]")];
  [...screen.querySelectorAll<HTMLElement>("[data-countdown]")].forEach((clock, index) => {
    clock.dataset.countdown = fresh[index]?.dataset.countdown ?? "0";
  });
  return true;
}

/** Remembers which button had the focus, to give it back after the picture changed under it. */
function focusPath(): (() => void) | null {
  const at = document.activeElement as HTMLElement | null;
  const name = at?.dataset.act;
  if (!name || !screen.contains(at)) return null;
  return () => screen.querySelector<HTMLElement>(`[data-act="${CSS.escape(name)}"]`)?.focus();
}

/** Everything that lives as long as this picture. */
function restart(askAgainSecs: number | undefined): void {
  leave.abort();
  leave = new AbortController();
  count(screen, leave.signal, () => void act({ act: "refresh" }));
  for (const time of screen.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.valueOf())) {
      time.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    }
  }
  const pad = screen.querySelector<HTMLElement>("[data-pad]");
  if (pad) pinPad(pad, leave.signal);
  const hold = screen.querySelector<HTMLElement>("[data-hold]");
  if (hold) holdToChip(hold, leave.signal);
  const face = screen.querySelector<HTMLElement>("[data-face]");
  if (face) showFace(face, leave.signal);
  if (askAgainSecs) {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void act({ act: "refresh" });
    }, askAgainSecs * 1000);
    leave.signal.addEventListener("abort", () => clearInterval(timer));
  }
}

screen.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  event.preventDefault();
  const typed = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  void act({ act: form.dataset.act ?? "", ...typed });
});

screen.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("button");
  if (!button) {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[href^="#"]');
    if (link) {
      event.preventDefault();
      const field = document.getElementById(link.hash.slice(1));
      field?.closest("details")?.setAttribute("open", "");
      field?.focus();
    }
    return;
  }
  if (button.dataset.language) {
    void command("/language", { language: button.dataset.language }, false);
    return;
  }
  if (!button.dataset.act) return;
  const { act: name, index, ...rest } = button.dataset;
  const fields = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
  );
  void act({ act: name ?? "", ...fields, ...(index === undefined ? {} : { index: Number(index) }) });
});

void tellMachine();
restart(Number(screen.dataset.askAgain) || undefined);
