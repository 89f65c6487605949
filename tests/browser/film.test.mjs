// The film on scanning plays, in both languages and at both widths, and is not fetched before somebody asks for it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, picture, start } from "./sandbox.mjs";

let sandbox;
before(async () => {
  sandbox = await start();
}, { timeout: 180_000 });
after(async () => sandbox?.stop());

const WORDS = {
  da: { own: "Hold helt stille, til bjælken er fuld.", other: "Hold still until the bar is full." },
  en: { own: "Hold still until the bar is full.", other: "Hold helt stille, til bjælken er fuld." },
};

for (const [size, viewport] of [["phone", PHONE], ["desktop", DESKTOP]]) {
  for (const [language, locale] of [["da", "da-DK"], ["en", "en-GB"]]) {
    test(`the film plays with subtitles that the viewer switches, ${language}, at ${size} width`, { timeout: 120_000 }, async () => {
      const page = await sandbox.page(viewport, locale);
      const fetched = [];
      page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
      await page.goto(`http://citizen.localhost:${sandbox.port}/`);
      await page.locator('a[href="/scanning"]').click();
      const film = page.locator("video");
      await film.waitFor();
      await film.scrollIntoViewIfNeeded();
      await page.waitForTimeout(500);
      assert.ok(!fetched.some((path) => /\.(webm|mp4)$/.test(path)), "a film that nobody asked for is not fetched");

      const tracks = await film.evaluate((video) => [...video.textTracks].map(({ kind, label, language, mode }) => ({ kind, label, language, mode })));
      assert.deepEqual(tracks, [
        { kind: "subtitles", label: "Dansk", language: "da", mode: language === "da" ? "showing" : "disabled" },
        { kind: "subtitles", label: "English", language: "en", mode: language === "en" ? "showing" : "disabled" },
      ]);
      const shown = await film.evaluate(async (video, [own, other]) => {
        const until = async (what, is) => {
          for (let round = 0; round < 200; round += 1) {
            if (is()) return;
            await new Promise((done) => setTimeout(done, 50));
          }
          throw new Error(`not within 10 s: ${what}`);
        };
        const track = (language) => [...video.textTracks].find((it) => it.language === language);
        const cue = (language) => track(language).activeCues?.[0]?.text.replaceAll("\n", " ");
        await video.play();
        await until("it plays", () => video.currentTime > 0.8);
        video.pause();
        const frames = video.getVideoPlaybackQuality().totalVideoFrames;
        video.currentTime = 29;
        await until("a subtitle of the page's language", () => !video.seeking && cue(own));
        const said = { own: cue(own) };
        track(own).mode = "disabled";
        track(other).mode = "showing";
        await until("a subtitle of the other language", () => cue(other));
        said.other = cue(other);
        return { ...said, frames, duration: video.duration, size: [video.videoWidth, video.videoHeight] };
      }, [language, language === "da" ? "en" : "da"]);
      assert.equal(shown.own, WORDS[language].own);
      assert.equal(shown.other, WORDS[language].other);
      assert.ok(shown.frames > 5, `${shown.frames} frames`);
      assert.ok(shown.duration > 40 && shown.duration < 65, `${shown.duration} s`);
      assert.deepEqual(shown.size, [720, 540]);
      await picture(page, `film-${language}-${size}`);
    });
  }
}

test("the film for players that know no WebM plays too, in parts", { timeout: 60_000 }, async () => {
  const page = await sandbox.page(PHONE, "en-GB");
  const parts = [];
  page.on("response", (answer) => {
    if (answer.url().includes(".mp4")) parts.push([answer.status(), answer.headers()["content-type"]]);
  });
  await page.goto(`http://citizen.localhost:${sandbox.port}/scanning`);
  const duration = await page.locator("video").evaluate(async (video) => {
    video.querySelector('source[type^="video/webm"]').remove();
    video.load();
    await video.play();
    const { duration } = video;
    video.currentTime = duration - 2;
    await new Promise((done) => video.addEventListener("ended", done, { once: true }));
    return duration;
  });
  assert.ok(duration > 40, `${duration} s`);
  assert.ok(parts.length > 0 && parts.every(([status, kind]) => status === 206 && kind === "video/mp4"), JSON.stringify(parts));
});
