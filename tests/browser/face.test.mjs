// The face step: each way to show the face with the sample camera of the phone, which does what is asked; and a still photo
// before a webcam that Chromium fakes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { heading, hold, press, readsChip } from "./person.mjs";
import { DESKTOP, PHONE, chromiumWith, choose, picture, shown, start } from "./sandbox.mjs";

// The fake camera plays 30 pictures a second and begins again at the end. A picture that came before is refused as a recording,
// so each of ours is there for 0.3 s, and together they last longer than a capture.
const REPEATED = 9;
const OF_ONE_CAPTURE = 240;
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

/** The sample camera of the phone does what is asked, as a person who listens does; each way to show the face leads to a new PIN. */
async function withTheSampleCamera(who, way, env, then) {
  const sandbox = await start(env);
  let app;
  try {
    const page = await sandbox.page(DESKTOP);
    const { phone } = await choose(page, sandbox.home, "Anna");
    await putsBeforeCamera(page, who);
    app = await sandbox.page(PHONE);
    await shown(app, phone, app.getByRole("heading", { name: "Temporarily locked" }));
    await readsChip(app, page);
    await hold(page);
    await heading(app, "Show your face");
    await (typeof way === "function" ? way(app) : press(app, way));
    await then(app);
  } catch (error) {
    if (app) await picture(app, "failed-face").catch(() => undefined);
    throw error;
  } finally {
    await sandbox.stop();
  }
}

const TURNS = /^Start/;
const PHONE_MOVES = /I cannot turn my head/;
const NEARER = /Neither I nor the phone/;
const STRONG = process.env.GENVEJ_STRONG_MODELS;

for (const [set, env] of [["default", {}], ["strong", { GENVEJ_FACE_MODELS: STRONG ?? "" }]]) {
  for (const [name, way] of [["turning the head", TURNS], ["moving the phone", PHONE_MOVES], ["coming nearer", NEARER]]) {
    // Coming nearer shows no depth and is offered where a passive check looks.
    if (set === "default" && way === NEARER) continue;
    const skip = set === "strong" && !STRONG ? "no folder of the strong set (GENVEJ_STRONG_MODELS)" : false;
    test(`${name} ends in a new PIN with the ${set} set`, { timeout: 300_000, skip }, async () => {
      await withTheSampleCamera("The sample person", way, env, async (app) => {
        await app.locator("[data-prompt]", { hasText: /Turn your head|Come a little closer|move the phone/ }).waitFor();
        await picture(app, "face-1-prompt");
        // The screen lights the face while it is captured, and not after.
        await app.locator("body[data-light]").waitFor();

        await app.getByRole("heading", { name: "Choose a new PIN code", level: 1 }).waitFor(CAPTURE);
        assert.equal(await app.locator("body[data-light]").count(), 0);
      });
    });
  }
}

test("whoever wants no coloured light has none, and a new PIN all the same", { timeout: 300_000 }, async () => {
  await withTheSampleCamera("The sample person", async (app) => {
    await app.getByLabel(/The screen may light my face/).uncheck();
    await press(app, TURNS);
  }, {}, async (app) => {
    await app.locator("[data-prompt]", { hasText: /Turn your head|Come a little closer/ }).waitFor();
    assert.equal(await app.locator("body[data-light]").count(), 0);
    await app.getByRole("heading", { name: "Choose a new PIN code", level: 1 }).waitFor(CAPTURE);
  });
});

test("every light of the screen leaves the words readable", { timeout: 120_000 }, async () => {
  // Which lights are drawn is chance, so each is put on by hand, as while the face is captured.
  const everyLight = async (app) => {
    await picture(app, "face-0-before");
    for (const light of ["white", "blue", "green", "amber"]) {
      await app.evaluate((light) => {
        document.body.dataset.light = light;
        document.querySelector("[data-face]").dataset.taking = "true";
        document.querySelector("[data-prompt]").textContent = "Turn your head a little to your left";
        document.querySelector("[data-hint]").textContent = "A little further.";
      }, light);
      await picture(app, `face-light-${light}`);
    }
  };
  await withTheSampleCamera("The sample person", everyLight, {}, async () => {});
});

test("coming nearer is not offered where no passive check looks", { timeout: 300_000 }, async () => {
  await withTheSampleCamera("The sample person", TURNS, {}, async (app) => {
    assert.equal(await app.getByRole("button", { name: NEARER }).count(), 0);
  });
});

test("somebody else ends in no match, with what can be done now", { timeout: 300_000 }, async () => {
  await withTheSampleCamera("Somebody else", TURNS, {}, async (app) => {
    const reason = app.locator('[data-reason="no-match"]');
    await reason.waitFor(CAPTURE);

    await picture(app, "face-2-no-match");
    const words = await reason.innerText();
    assert.match(words, /did not match the picture in the document/);
    assert.match(words, /use another way: Support or Citizen Service/);
    assert.match(words, /2 tries left/);
    await press(app, /Other ways/);
    await heading(app, "Other ways");
  });
});

test("a still photo is refused as flat", { timeout: 300_000 }, async () => {
  await atTheFace("The sample person", Array(OF_ONE_CAPTURE).fill("look-straight"), async (app) => {
    await app.locator("[data-hint]", { hasText: /further|closer/ }).waitFor({ timeout: 30_000 });
    await picture(app, "face-3-hint");

    const reason = app.locator('[data-reason="live-flat-picture"]');
    await reason.waitFor(CAPTURE);
    await picture(app, "face-4-flat");
    assert.match(await reason.innerText(), /something flat, such as a photo/);
    assert.match(await reason.innerText(), /2 tries left/);
  });
});
