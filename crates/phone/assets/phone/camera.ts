// The live capture: shows each sentence, takes pictures, hands them to the phone, which signs them.

import { act, ask, say } from "../phone";

const FRAMES_MAX = 12;
const FRAME_BYTES_MAX = 256 * 1024;
const READ_MS = 1200;
const BETWEEN_MS = 250;

interface Frame {
  jpeg: string;
  at_ms: number;
  prompt: number;
}

export function showFace(face: HTMLElement, until: AbortSignal): void {
  const canvas = face.querySelector("canvas");
  const line = face.querySelector<HTMLElement>("[data-prompt]");
  const start = face.querySelector<HTMLButtonElement>("[data-start]");
  const own = face.querySelector<HTMLButtonElement>("[data-own]");
  const steps = [...face.querySelectorAll<HTMLElement>("[data-step]")];
  const paper = canvas?.getContext("2d");
  if (!canvas || !paper || !line || !start) return;

  let sample = face.dataset.sample === "true";
  let video: HTMLVideoElement | null = null;
  let prompt = steps[0]?.dataset.step ?? "look-straight";

  const tell = (words: string): void => {
    line.textContent = words;
  };
  const stopVideo = (): void => {
    for (const track of (video?.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
    video = null;
  };
  const openVideo = async (): Promise<boolean> => {
    if (video) return true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "user", width: { ideal: 960 }, height: { ideal: 720 } },
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
      tell(face.dataset.noCamera ?? "");
      return false;
    }
  };

  /** Puts what the camera sees now on the canvas. */
  const look = async (): Promise<boolean> => {
    let source: CanvasImageSource;
    let [width, height] = [0, 0];
    if (sample) {
      const answer = await ask(`/camera?prompt=${prompt}`).catch(() => null);
      if (!answer?.ok) return false;
      const picture = await createImageBitmap(await answer.blob());
      [source, width, height] = [picture, picture.width, picture.height];
    } else {
      if (!(await openVideo()) || !video) return false;
      [source, width, height] = [video, video.videoWidth, video.videoHeight];
    }
    if (width === 0) return false;
    const scale = Math.min(1, 960 / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
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

  const capture = async (): Promise<void> => {
    start.disabled = true;
    if (own) own.disabled = true;
    const frames: Frame[] = [];
    const each = Math.max(1, Math.min(3, Math.floor(FRAMES_MAX / Math.max(1, steps.length))));
    let began = 0;
    for (const [index, step] of steps.entries()) {
      prompt = step.dataset.step ?? "look-straight";
      tell(step.textContent ?? "");
      for (const end = performance.now() + READ_MS; performance.now() < end; await wait(80)) {
        if (until.aborted) return;
        if (!(await look())) break;
      }
      for (let n = 0; n < each; n += 1) {
        if (until.aborted) return;
        if (!(await look())) break;
        const bytes = await jpeg();
        if (bytes) {
          began ||= performance.now();
          frames.push({ jpeg: base64url(bytes), at_ms: Math.round(performance.now() - began), prompt: index });
        }
        await wait(BETWEEN_MS);
      }
    }
    start.disabled = false;
    if (own) own.disabled = false;
    if (frames.length === 0) {
      tell(face.dataset.noCamera ?? "");
      return;
    }
    stopVideo();
    tell(face.dataset.sent ?? "");
    say(face.dataset.sent ?? "");
    await act({ act: "face", frames });
  };

  start.addEventListener("click", () => void capture(), { signal: until });
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
  until.addEventListener("abort", stopVideo);
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
