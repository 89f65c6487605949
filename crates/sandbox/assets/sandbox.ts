// Keeps what changes by itself up to date, and takes a picture of the visitor. No rule and no secret is here.

const EVERY_MS = 2000;
const token = document.querySelector<HTMLMetaElement>('meta[name="genvej-sandbox-token"]')?.content ?? "";

/** Puts the parts of `/sandbox/live` in the place of those that are shown, where they differ. */
async function refresh(): Promise<void> {
  if (document.hidden) return;
  const answer = await fetch("/sandbox/live", { cache: "no-store" });
  if (!answer.ok) return;
  const parts = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const fresh of parts.querySelectorAll<HTMLElement>("[data-live]")) {
    const shown = document.getElementById(fresh.id);
    if (shown === null || shown.innerHTML === fresh.innerHTML) continue;
    // Whoever is on a link in it keeps their place until they go on.
    if (shown.contains(document.activeElement)) continue;
    shown.replaceChildren(...fresh.childNodes);
  }
}

function tick(): void {
  refresh()
    .catch(() => undefined)
    .finally(() => setTimeout(tick, EVERY_MS));
}
setTimeout(tick, EVERY_MS);

const start = document.getElementById("me-start") as HTMLButtonElement;
const take = document.getElementById("me-take") as HTMLButtonElement;
const video = document.getElementById("me-video") as HTMLVideoElement;
const said = document.getElementById("me-said") as HTMLElement;

start.addEventListener("click", async () => {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
    });
  } catch {
    said.textContent = "The webcam could not be used. Allow it in the browser, then try again.";
    return;
  }
  video.hidden = false;
  take.hidden = false;
  start.hidden = true;
  said.textContent = "Look straight into the camera, with light on your face.";
  await video.play();
});

take.addEventListener("click", async () => {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const jpeg = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  if (jpeg === null) return;
  const answer = await fetch("/sandbox/me", {
    method: "POST",
    headers: { "genvej-sandbox-token": token, "content-type": "image/jpeg" },
    body: jpeg,
  });
  for (const track of (video.srcObject as MediaStream).getTracks()) track.stop();
  if (answer.ok) {
    location.href = "/#me";
    location.reload();
  } else {
    said.textContent = "The picture could not be used. Try again.";
  }
});
