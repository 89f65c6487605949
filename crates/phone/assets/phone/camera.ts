// The live capture: shows what the phone says, takes pictures, hands them to the phone, which judges, signs and sends.

import { ask, show, type Fragment } from "../phone";
import { sound, wake } from "./sound";

const FRAME_BYTES_MAX = 256 * 1024;
const SIDE_MAX = 960;
const GREY_WIDTH = 160;
const GREY_HEIGHT = 120;
const LOOK_MS = 80;

/** The phone's answer to a frame. */
interface Answer {
  running?: {
    prompt: string;
    turn_degrees: number | null;
    light: string | null;
    hint_code: string | null;
    words: string;
    hint: string | null;
    event: "new-prompt" | "counted" | "hint";
    frames_met: number;
    frames_needed: number;
    pause_ms: number;
  };
  fragment?: Fragment;
}

export function showFace(face: HTMLElement, until: AbortSignal): void {
  const canvas = face.querySelector("canvas");
  const line = face.querySelector<HTMLElement>("[data-prompt]");
  const help = face.querySelector<HTMLElement>("[data-hint]");
  const bar = face.querySelector("progress");
  const own = face.querySelector<HTMLButtonElement>("[data-own]");
  const paper = canvas?.getContext("2d", { willReadFrequently: true });
  const small = document.createElement("canvas");
  [small.width, small.height] = [GREY_WIDTH, GREY_HEIGHT];
  const pencil = small.getContext("2d", { willReadFrequently: true });
  if (!canvas || !paper || !pencil || !line || !help) return;

  let sample = face.dataset.sample === "true";
  let video: HTMLVideoElement | null = null;
  /** What is asked now, for a camera of the phone's own. */
  let asked = new URLSearchParams({ prompt: "look-straight" });
  let began = 0;
  let taking = false;

  /** Sets the words that are read aloud, once for each change. */
  const tell = (where: HTMLElement, words: string): void => {
    if (where.textContent !== words) where.textContent = words;
  };
  const stopVideo = (): void => {
    for (const track of (video?.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
    video = null;
  };
  const openVideo = async (): Promise<boolean> => {
    if (video) return true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "user", width: { ideal: 960 } },
        audio: false,
      });
      const next = document.createElement("video");
      next.srcObject = stream;
      next.muted = true;
      next.playsInline = true;
      await next.play();
      video = next;
      return true;
    } catch {
      tell(line, face.dataset.noCamera ?? "");
      return false;
    }
  };

  /** Puts what the camera sees now on the canvas; the page mirrors what it shows, never what it sends. */
  const look = async (): Promise<boolean> => {
    let source: CanvasImageSource;
    let [width, height] = [0, 0];
    if (sample) {
      const answer = await ask(`/camera?${asked.toString()}`).catch(() => null);
      if (!answer?.ok) return false;
      const picture = await createImageBitmap(await answer.blob());
      [source, width, height] = [picture, picture.width, picture.height];
    } else {
      if (!(await openVideo()) || !video) return false;
      [source, width, height] = [video, video.videoWidth, video.videoHeight];
    }
    if (width === 0) return false;
    const scale = Math.min(1, SIDE_MAX / Math.max(width, height));
    // A person acts once on what was said.
    asked.delete("hint");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
    canvas.toggleAttribute("data-mirrored", !sample);
    paper.drawImage(source, 0, 0, canvas.width, canvas.height);
    return true;
  };

  /** JPEG of at most 256 KiB. */
  const jpeg = async (): Promise<Uint8Array | null> => {
    for (const quality of [0.9, 0.8, 0.65, 0.5]) {
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
      if (blob && blob.size <= FRAME_BYTES_MAX) return new Uint8Array(await blob.arrayBuffer());
    }
    return null;
  };

  /** The picture small and grey: from it the phone judges light and movement. */
  const grey = (): { width: number; height: number; grey: string } => {
    pencil.drawImage(canvas, 0, 0, GREY_WIDTH, GREY_HEIGHT);
    const { data } = pencil.getImageData(0, 0, GREY_WIDTH, GREY_HEIGHT);
    const bytes = new Uint8Array(GREY_WIDTH * GREY_HEIGHT);
    for (let at = 0; at < bytes.length; at += 1) {
      const [red, green, blue] = data.subarray(at * 4, at * 4 + 3);
      bytes[at] = 0.299 * (red ?? 0) + 0.587 * (green ?? 0) + 0.114 * (blue ?? 0);
    }
    return { width: GREY_WIDTH, height: GREY_HEIGHT, grey: base64url(bytes) };
  };

  /** The whole screen shines on the face; it changes with the prompt alone. */
  const shine = (light: string | null): void => {
    if (light === null) delete document.body.dataset.light;
    else document.body.dataset.light = light;
  };

  const send = async (action: Record<string, unknown>): Promise<Answer | null> => {
    const answer = await ask("/capture", action).catch(() => null);
    return answer?.ok ? ((await answer.json()) as Answer) : null;
  };

  const frame = async (): Promise<Record<string, unknown> | null> => {
    if (!(await look())) return null;
    const bytes = await jpeg();
    if (!bytes) return null;
    began ||= performance.now();
    return { act: "face-frame", jpeg: base64url(bytes), at_ms: Math.round(performance.now() - began), grey: grey() };
  };

  const follow = (now: NonNullable<Answer["running"]>): void => {
    asked = new URLSearchParams({ prompt: now.prompt });
    if (now.turn_degrees !== null) asked.set("degrees", String(now.turn_degrees));
    if (now.light !== null) asked.set("light", now.light);
    shine(now.light);
    if (now.hint_code !== null) asked.set("hint", now.hint_code);
    const news = now.event !== "hint" || (now.hint !== null && help.textContent !== now.hint);
    tell(line, now.words);
    tell(help, now.hint ?? "");
    if (bar) [bar.max, bar.value] = [now.frames_needed, now.frames_met];
    if (news) sound(now.event);
  };

  const capture = async (head: string): Promise<void> => {
    if (taking) return;
    taking = true;
    wake();
    // The camera first: a person without one must not spend a capture.
    if (!(await look())) {
      tell(line, face.dataset.noCamera ?? "");
      taking = false;
      return;
    }
    face.dataset.taking = "true";
    face.querySelector<HTMLElement>("[data-stop]")?.focus({ preventScroll: true });
    canvas.scrollIntoView({ block: "nearest" });
    const lights = face.querySelector<HTMLInputElement>("[data-light]")?.checked ?? false;
    let answer = await send({ act: "face-start", head, light: lights });
    while (answer?.running && !until.aborted) {
      follow(answer.running);
      for (const end = performance.now() + answer.running.pause_ms; performance.now() < end; await wait(LOOK_MS)) {
        if (until.aborted) return;
        await look();
      }
      const next = await frame();
      if (until.aborted) return;
      answer = await send(next ?? { act: "face-stop" });
    }
    if (until.aborted) return;
    shine(null);
    if (answer?.fragment) {
      sound("done");
      stopVideo();
      show(answer.fragment, false);
      return;
    }
    delete face.dataset.taking;
    taking = false;
    tell(line, face.dataset.noCamera ?? "");
  };

  for (const start of face.querySelectorAll<HTMLButtonElement>("[data-start]")) {
    start.addEventListener("click", () => void capture(start.dataset.head ?? "turns"), { signal: until });
  }
  own?.addEventListener(
    "click",
    () => {
      sample = !sample;
      const words = own.textContent ?? "";
      own.textContent = own.dataset.other ?? "";
      own.dataset.other = words;
      stopVideo();
      void look();
    },
    { signal: until },
  );
  until.addEventListener("abort", () => {
    stopVideo();
    shine(null);
  });
  if (sample) void look();
}

function wait(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

function base64url(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
