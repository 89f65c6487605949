// The things in the film, each drawn around its own middle, in the colours of the pages (crates/web/assets/genvej.css).
export const WIDTH = 720;
export const HEIGHT = 540;

export const INK = "#14213d";
export const SOFT = "#46516b";
export const PAPER = "#ffffff";
export const SAND = "#f6f3ee";
export const LINE = "#d9d4ca";
export const PATH = "#0b6e6e";
export const DARK = "#084f50";
export const TINT = "#e3f1f0";
export const SUN = "#f2b441";
export const STOP = "#b3261e";
export const OK = "#1e6b3a";

/** How far from `from` to `to` the time is, from 0 to 1, starting and ending gently. */
export function part(time, from, to) {
  const raw = Math.min(1, Math.max(0, (time - from) / (to - from)));
  return raw * raw * (3 - 2 * raw);
}

/** There from `from` to `to`, coming and going within a third of a second. */
export function during(time, from, to) {
  return Math.min(part(time, from, from + 0.35), 1 - part(time, to - 0.35, to));
}

export function between(from, to, share) {
  return from + (to - from) * share;
}

function number(value) {
  return String(Math.round(value * 100) / 100);
}

/** Puts a thing somewhere: `x`, `y`, and if wanted `size`, `turn` in degrees, `flip` (the share of its width), `shown`. */
export function at(x, y, thing, { size = 1, turn = 0, flip = 1, shown = 1 } = {}) {
  if (shown <= 0.004) return "";
  const see = shown < 1 ? ` opacity="${number(shown)}"` : "";
  return `<g transform="translate(${number(x)} ${number(y)}) rotate(${number(turn)}) scale(${number(size * flip)} ${number(size)})"${see}>${thing}</g>`;
}

function box(width, height, radius, look) {
  return `<rect x="${number(-width / 2)}" y="${number(-height / 2)}" width="${number(width)}" height="${number(height)}" rx="${radius}" ${look}/>`;
}

function stroked(path, colour, width = 6) {
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
}

/** The table that everything happens on. */
export function table() {
  return `<rect width="${WIDTH}" height="${HEIGHT}" fill="${SAND}"/>${at(WIDTH / 2, 214, box(656, 380, 32, `fill="${PAPER}" stroke="${LINE}" stroke-width="3"`))}`;
}

/** A table of wood, seen from above. */
export function board() {
  return at(WIDTH / 2, 214, box(580, 320, 24, 'fill="#fff4db" stroke="#ebd9a8" stroke-width="4"') +
    ["M-260-104H120M170-104H260", "M-260-36H-60M-10-36H260", "M-260 34H60M110 34H260", "M-260 104H-120M-70 104H260"].map((grain) => stroked(grain, "#ebd9a8", 4)).join(""));
}

/** The sign on documents with a chip: a circle between two halves of a frame. */
export function chipSign(colour) {
  return stroked("M-34-20h68v13H11a12 12 0 0 0-22 0H-34zM-34 20h68V7H11a12 12 0 0 1-22 0H-34z", colour, 4) +
    `<circle r="5" fill="none" stroke="${colour}" stroke-width="4"/>`;
}

/** Rings that go out from a chip: here it is. */
export function rings(time, colour = SUN) {
  return [0, 0.5].map((late) => {
    const share = (time * 0.7 + late) % 1;
    return `<circle r="${number(22 + 46 * share)}" fill="none" stroke="${colour}" stroke-width="6" opacity="${number(1 - share)}"/>`;
  }).join("");
}

function shadow(width, height) {
  return at(0, 7, box(width, height, 14, `fill="${INK}" opacity="0.12"`));
}

export function passport() {
  return shadow(176, 244) + box(176, 244, 12, `fill="${DARK}"`) +
    at(0, -34, `<circle r="38" fill="none" stroke="${SUN}" stroke-width="5"/>${stroked("M-38 0H38M0-38C-20-14-20 14 0 38M0-38C20-14 20 14 0 38", SUN, 4)}`) +
    stroked("M-50-94H50", SUN, 7) + at(0, 66, chipSign(SUN));
}

export function passportBack() {
  return shadow(176, 244) + box(176, 244, 12, `fill="${DARK}"`) + stroked("M-74-104v208", PATH, 4);
}

/** The stiff page with the picture, the cover above it. */
export function passportOpen() {
  const cover = at(0, -84, box(252, 168, 12, `fill="${DARK}"`) + box(236, 154, 6, `fill="${TINT}"`));
  const page = at(0, 84, box(252, 168, 12, `fill="${DARK}"`) + box(236, 154, 6, `fill="${PAPER}" stroke="${LINE}" stroke-width="2"`) +
    at(-76, -18, picture()) + stroked("M-26-50H96M-26-26H66M-26-2H84", SOFT, 6) + stroked("M-102 44H102M-102 60H102", INK, 6));
  return at(0, 0, shadow(252, 336)) + cover + page;
}

function picture() {
  return box(62, 78, 6, `fill="${TINT}"`) + `<circle cy="-10" r="15" fill="${SOFT}"/><path d="M-25 34c2-30 48-30 50 0z" fill="${SOFT}"/>`;
}

export function card() {
  return shadow(270, 172) + box(270, 172, 16, `fill="${PAPER}" stroke="${INK}" stroke-width="5"`) +
    at(-86, 4, picture()) + stroked("M-34-50H50M-34-26H30M-34 34H96M-34 56H70", SOFT, 6) + at(92, -44, chipSign(PATH), { size: 0.75 });
}

/** A cover of cloth or leather, open at the top. */
export function sleeve() {
  return `<path d="M-100-60h200v176a18 18 0 0 1-18 18H-82a18 18 0 0 1-18-18z" fill="${LINE}"/>${stroked("M-86-42H86", SOFT, 3)}`;
}

export function phoneCover() {
  return box(158, 292, 36, `fill="${SUN}"`);
}

/** A phone from the front; `screen` is drawn on it. */
export function phone(screen = "") {
  return box(134, 268, 26, `fill="${INK}"`) + box(114, 246, 16, `fill="${TINT}"`) + screen + box(36, 9, 4.5, `fill="${INK}" transform="translate(0 -110)"`);
}

/** A phone from behind: the camera is up to the left. */
export function phoneBack() {
  return box(134, 268, 26, `fill="${INK}"`) + at(-32, -98, box(46, 50, 14, `fill="${SOFT}"`) + `<circle cx="-9" cy="-9" r="8" fill="${INK}"/><circle cx="9" cy="9" r="8" fill="${INK}"/>`);
}

/** How far the reading is, on the screen of a phone. */
export function bar(share, colour = PATH) {
  const wide = 88;
  const done = Math.max(10, wide * share);
  return at(0, 30, box(wide, 14, 7, `fill="${LINE}"`) + `<rect x="${-wide / 2}" y="-7" width="${number(done)}" height="14" rx="7" fill="${colour}"/>`);
}

/** What a phone and a chip say to each other. */
export function waves(time, colour) {
  return [14, 30, 46].map((radius, index) => {
    const shown = 0.35 + 0.65 * Math.max(0, Math.sin(time * 4 - index * 0.9));
    return `<g opacity="${number(shown)}">${stroked(`M${number(-radius * 0.8)} ${number(-radius * 0.6)}A${radius} ${radius} 0 0 1 ${number(radius * 0.8)} ${number(-radius * 0.6)}`, colour, 7)}</g>`;
  }).join("");
}

export function right() {
  return `<circle r="34" fill="${OK}" stroke="${PAPER}" stroke-width="5"/>${stroked("M-15 1l10 11 20-22", PAPER, 8)}`;
}

export function wrong() {
  return `<circle r="34" fill="${STOP}" stroke="${PAPER}" stroke-width="5"/>${stroked("M-12-12l24 24M12-12l-24 24", PAPER, 8)}`;
}

/** A head; `look` from -1 to 1 is where it has turned to. */
export function head({ look = 0, cap = 0, glasses = 0 } = {}) {
  const x = look * 26;
  const eye = (side) => {
    const there = side * 26 + x;
    return Math.abs(there) > 50 ? "" : `<circle cx="${number(there)}" cy="-6" r="6" fill="${INK}"/>`;
  };
  const ear = (side) => `<ellipse cx="${number(side * 66 - x * 0.5)}" cy="2" rx="${number(Math.max(3, 11 - side * look * 8))}" ry="17" fill="${PAPER}" stroke="${INK}" stroke-width="6"/>`;
  const shades = glasses <= 0 ? "" : at(x, between(74, -6, glasses), `<rect x="-50" y="-16" width="42" height="32" rx="12" fill="${INK}"/><rect x="8" y="-16" width="42" height="32" rx="12" fill="${INK}"/>${stroked("M-10-6H10M-50-6l-14-4M50-6l14-4", INK, 6)}`, { shown: glasses });
  const hat = cap <= 0 ? "" : at(0, between(-150, -58, cap), `<path d="M-70 14C-70-62 70-62 70 14z" fill="${PATH}"/>${stroked("M-78 14H100", DARK, 14)}`, { shown: cap });
  return `<path d="M-108 172C-104 96-52 86 0 86s104 10 108 86z" fill="${TINT}" stroke="${INK}" stroke-width="6" stroke-linejoin="round"/>` +
    `<path d="M-24 60v34c10 18 38 18 48 0V60z" fill="${PAPER}" stroke="${INK}" stroke-width="6"/>` + ear(-1) + ear(1) +
    `<path d="M-64-8C-64-100 64-100 64-8C64 48 34 84 0 84S-64 48-64-8z" fill="${PAPER}" stroke="${INK}" stroke-width="6"/>` +
    `<path d="M-66-6C-76-112 76-112 66-6C${number(54 + x * 0.4)}-34 ${number(34 + x)}-52 ${number(x)}-50C${number(-34 + x)}-50 ${number(-56 + x * 0.4)}-30-66-6z" fill="${INK}"/>` +
    eye(-1) + eye(1) + stroked(`M${number(x * 1.3)} 2l${number(look * 8)} 20h${number(-4 - look * 4)}`, INK, 5) + stroked(`M${number(x - 20)} 46c12 11 28 11 40 0`, INK, 6) + shades + hat;
}

/** A lamp that shines to the right. */
export function lamp(time) {
  const beams = [-44, -16, 16, 44].map((y, index) => `<g opacity="${number(0.55 + 0.45 * Math.sin(time * 3 + index))}">${stroked(`M62 ${y}l${44} ${number(y * 0.35)}`, SUN, 8)}</g>`).join("");
  return `<path d="M-18-52L42-38v76L-18 52z" fill="${SUN}"/>` + stroked("M-18-52L42-38v76L-18 52zM-18 0h-26v108M-84 108h80", INK, 6) + beams;
}

/** The corners of the picture that a head goes into. */
export function corners(colour) {
  return [[1, 1], [-1, 1], [1, -1], [-1, -1]].map(([x, y]) => at(0, -19, stroked(`M${-84 * x} ${-70 * y}v${-30 * y}h${30 * x}`, colour, 7))).join("");
}

export function earpiece() {
  return at(0, -151, box(48, 10, 5, `fill="${INK}"`));
}

export function arrow(colour) {
  return stroked("M-40 10C-20-14 20-14 40 10M40 10l-4-20M40 10l-20-2", colour, 8);
}

function tile(thing) {
  return box(236, 236, 28, `fill="${TINT}"`) + thing;
}

/** Support: a headset and what is said. */
export function support(time) {
  const dots = [0, 1, 2].map((index) => `<circle cx="${index * 22 - 22}" r="7" fill="${PATH}" opacity="${number(0.35 + 0.65 * Math.max(0, Math.sin(time * 4 - index)))}"/>`).join("");
  const handset = stroked("M-34-58c-14 8-22 22-16 42 10 34 36 62 70 72 20 6 34-2 42-16 4-8 2-12-4-16l-22-14c-6-4-12-2-16 2l-8 8c-18-8-30-20-38-38l8-8c4-4 6-10 2-16l-14-22c-4-6-8-8-16-4z", INK, 7);
  return tile(at(-24, 26, handset) + at(50, -50, `<path d="M-48-32h96a16 16 0 0 1 16 16v32a16 16 0 0 1-16 16h-60l-26 24v-24h-10a16 16 0 0 1-16-16v-32a16 16 0 0 1 16-16z" fill="${PAPER}" stroke="${INK}" stroke-width="6" stroke-linejoin="round"/>${dots}`));
}

/** Citizen Service: a desk, somebody behind it, and the day that was booked. */
export function desk(booked) {
  const clerk = `<circle cx="-40" cy="-34" r="24" fill="${PAPER}" stroke="${INK}" stroke-width="6"/><path d="M-86 42c2-56 90-56 92 0z" fill="${PAPER}" stroke="${INK}" stroke-width="6" stroke-linejoin="round"/>`;
  const day = box(66, 62, 8, `fill="${PAPER}" stroke="${INK}" stroke-width="6"`) + stroked("M-33-10H33M-16-40v16M16-40v16", INK, 6) + at(0, 11, right(), { size: 0.4, shown: booked });
  return tile(clerk + `<rect x="-100" y="42" width="200" height="20" rx="6" fill="${INK}"/>` + stroked("M-84 62v36M84 62v36", INK, 8) + at(62, -42, day));
}

export function name(words) {
  return `<g>${box(words.length * 19 + 44, 54, 27, `fill="${INK}"`)}<text y="10" text-anchor="middle" font-size="30" font-weight="700" fill="${PAPER}">${words}</text></g>`;
}

/** The mark: out, round, and back in. */
export function mark(share) {
  return `<g fill="none" stroke="${DARK}" stroke-width="4" stroke-linecap="round" stroke-linejoin="round" transform="translate(-16 -16)">` +
    `<path d="M27 25V14.5C27 8.7 22.3 4 16.5 4S6 8.7 6 14.5 10.2 24 16 24h2" pathLength="1" stroke-dasharray="${number(share)} 2"/>${share > 0.95 ? '<path d="M15 18l6 6-6 6"/>' : ""}</g>`;
}
