// The face step with a webcam of its own: Chromium's fake camera plays a prepared video of a person, of somebody else,
// and of a still photo.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { heading, hold, press, readsChip } from "./person.mjs";
import { DESKTOP, PHONE, chromiumWith, choose, picture, shown, start } from "./sandbox.mjs";

// The fake camera plays 30 pictures a second; each of ours is there three times.
const REPEATED = 3;
// One round of movements, as a person makes them who was told to look around; then others of their pictures.
const ROUND = [["look-straight", 24], ["turn-left", 26], ["look-straight", 8], ["turn-right", 26], ["look-straight", 8], ["move-closer", 26]];
const ROUNDS = 3;
/** A capture takes some twelve seconds, on a machine that builds and tests beside it some more. */
const CAPTURE = { timeout: 120_000 };

/** What the sample camera of a phone shows for each of these prompts. */
async function pictures(app, prompts) {
  const encoded = await app.evaluate(async (prompts) => {
    const token = document.querySelector('meta[name="genvej-phone-token"]').content;
    const all = [];
    for (const prompt of prompts) {
      const answer = await fetch(`/camera?prompt=${prompt}`, { headers: { "genvej-phone-token": token } });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      all.push(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));
    }
    return all;
  }, prompts);
  return encoded.map((text) => Buffer.from(text, "base64"));
}

/** A video file for the fake camera. */
function video(folder, pictures) {
  const path = join(folder, "camera.mjpeg");
  writeFileSync(path, Buffer.concat(pictures.flatMap((jpeg) => Array.from({ length: REPEATED }, () => jpeg))));
  return path;
}

function moves() {
  const round = ROUND.flatMap(([prompt, count]) => Array.from({ length: count }, () => prompt));
  return Array.from({ length: ROUNDS }, () => round).flat();
}

/** Chooses who stands before the sample camera of the chosen phone. */
async function putsBeforeCamera(page, name) {
  await page.locator("form[action='/sandbox/camera']").getByRole("button", { name }).click();
}

/**
 * Anna at the face step of her phone, in a Chromium whose camera plays a video: of what the sample camera shows of
 * `who` for these prompts.
 */
async function atTheFace(who, prompts, then) {
  const folder = mkdtempSync(join(tmpdir(), "genvej-face-"));
  const sandbox = await start();
  let browser;
  try {
    const page = await sandbox.page(DESKTOP);
    const { phone } = await choose(page, sandbox.home, "Anna");
    await putsBeforeCamera(page, who);
    const recorder = await sandbox.page(PHONE);
    await shown(recorder, phone, recorder.getByRole("heading", { name: "Temporarily locked" }));
    const file = video(folder, await pictures(recorder, prompts));
    await putsBeforeCamera(page, "You, by your webcam");
    browser = await chromiumWith([`--use-file-for-fake-video-capture=${file}`]);
    const context = await browser.newContext({ viewport: PHONE, locale: "en-GB" });
    const app = await context.newPage();
    app.setDefaultTimeout(20_000);
    await shown(app, phone, app.getByRole("heading", { name: "Temporarily locked" }));
    await readsChip(app, page);
    await hold(page);
    await heading(app, "Show your face");
    await press(app, /^Start/);
    try {
      await then(app);
    } catch (error) {
      await picture(app, "failed-face");
      throw error;
    }
  } finally {
    await browser?.close();
    await sandbox.stop();
    rmSync(folder, { recursive: true });
  }
}

test("a prepared video of the person goes through the capture to a match", { timeout: 300_000 }, async () => {
  await atTheFace("The sample person", moves(), async (app) => {
    await app.locator("[data-prompt]", { hasText: /Turn your head|Come a little closer/ }).waitFor();
    await picture(app, "face-1-prompt");

    await app.getByRole("heading", { name: "Choose a new PIN code", level: 1 }).waitFor(CAPTURE);
  });
});

test("another person's video ends in no match, with what can be done now", { timeout: 300_000 }, async () => {
  await atTheFace("Somebody else", moves(), async (app) => {
    const reason = app.locator('[data-reason="no-match"]');
    await reason.waitFor(CAPTURE);

    await picture(app, "face-2-no-match");
    const words = await reason.innerText();
    assert.match(words, /did not match the picture in the document/);
    assert.match(words, /use another way: Support or Citizen Service/);
    assert.match(words, /4 tries left/);
    await press(app, /Other ways/);
    await heading(app, "Other ways");
  });
});

test("a still photo is refused as flat", { timeout: 300_000 }, async () => {
  await atTheFace("The sample person", ["look-straight"], async (app) => {
    await app.locator("[data-hint]", { hasText: /further|closer/ }).waitFor({ timeout: 30_000 });
    await picture(app, "face-3-hint");

    const reason = app.locator('[data-reason="live-flat-picture"]');
    await reason.waitFor(CAPTURE);
    await picture(app, "face-4-flat");
    assert.match(await reason.innerText(), /something flat, such as a photo/);
    assert.match(await reason.innerText(), /4 tries left/);
  });
});
