// Makes the film on scanning, its poster and the pictures of the page: `cargo xtask film`. The same drawings give the same
// pictures; the coders of another ffmpeg may lay the bytes otherwise.
//
//   node crates/web/film/render.mjs            everything, into crates/web/assets
//   node crates/web/film/render.mjs FOLDER 5 9 pictures of these seconds alone, to look at
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { picture, still } from "./scenes.mjs";
import { HEIGHT, WIDTH } from "./things.mjs";

const FRAMES_A_SECOND = 20;
const BYTES_MAX = 600 * 1024;
const ASSETS = fileURLToPath(new URL("../assets/", import.meta.url));
const FONT = fileURLToPath(new URL("../../../node_modules/@fontsource-variable/atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin-wght-normal.woff2", import.meta.url));
/** What stands beside the text of the page: a scene, and how long after its subtitle came. */
const STILLS = { document: ["table", 2.6], chip: ["chip", 0], hold: ["hold", 0], broken: ["broken", 2.6], face: ["whole", 3.4], others: ["others", 2.9] };
/** Which second stands for the film. */
const POSTER = 29.6;

/** The subtitles, read from the same file as the player reads. */
function cues() {
  const seconds = (text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const text = readFileSync(join(ASSETS, "scanning.en.vtt"), "utf8");
  return [...text.matchAll(/^(\w+)\n(\S+) --> (\S+)$/gm)].map(([, name, from, to]) => ({ name, from: seconds(from), to: seconds(to) }));
}

async function paper() {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"] });
  const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
  const font = readFileSync(FONT).toString("base64");
  await page.setContent(`<!doctype html><style>@font-face{font-family:"Atkinson Hyperlegible Next";src:url(data:font/woff2;base64,${font});font-weight:200 800}html,body{margin:0}svg{display:block;width:${WIDTH}px;height:${HEIGHT}px}</style><p style="font-family:'Atkinson Hyperlegible Next';font-weight:700">g</p>`);
  await page.evaluate(() => document.fonts.ready);
  const shot = async (time) => {
    await page.evaluate((svg) => (document.body.innerHTML = svg), picture(subtitles, time));
    return page.screenshot({ type: "png" });
  };
  return { shot, close: () => browser.close() };
}

function encoder(file, options) {
  const child = spawn("ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", "-f", "image2pipe", "-framerate", String(FRAMES_A_SECOND), "-c:v", "png", "-i", "-",
    "-an", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-threads", "1", "-pix_fmt", "yuv420p",
    "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", ...options, file],
  { stdio: ["pipe", "inherit", "inherit"] });
  const ended = once(child, "exit");
  return {
    async write(png) {
      if (!child.stdin.write(png)) await once(child.stdin, "drain");
    },
    async end() {
      child.stdin.end();
      const [code] = await ended;
      if (code !== 0) throw new Error(`ffmpeg ended with ${code} on ${file}`);
      const { size } = statSync(file);
      if (size > BYTES_MAX) throw new Error(`${file} has ${size} bytes, ${BYTES_MAX} at most`);
      console.log(`${file}: ${size} bytes`);
    },
  };
}

const subtitles = cues();
const [folder, ...moments] = process.argv.slice(2);
const { shot, close } = await paper();
if (folder !== undefined) {
  for (const moment of moments) writeFileSync(join(folder, `film-${moment}.png`), await shot(Number(moment)));
} else {
  for (const [name, scene] of Object.entries(STILLS)) writeFileSync(join(ASSETS, `scanning-${name}.svg`), `${still(...scene)}\n`);
  writeFileSync(join(ASSETS, "scanning-poster.svg"), `${picture(subtitles, POSTER)}\n`);
  const films = [
    encoder(join(ASSETS, "scanning.webm"), ["-c:v", "libvpx-vp9", "-crf", "38", "-b:v", "0", "-g", "100", "-row-mt", "0", "-deadline", "good", "-cpu-used", "2"]),
    encoder(join(ASSETS, "scanning.mp4"), ["-c:v", "libx264", "-preset", "slow", "-tune", "animation", "-crf", "26", "-profile:v", "main", "-level", "3.1", "-g", "100", "-movflags", "+faststart"]),
  ];
  const frames = Math.ceil((subtitles.at(-1).to + 0.4) * FRAMES_A_SECOND);
  for (let frame = 0; frame < frames; frame += 1) {
    const png = await shot(frame / FRAMES_A_SECOND);
    for (const film of films) await film.write(png);
  }
  for (const film of films) await film.end();
}
await close();
