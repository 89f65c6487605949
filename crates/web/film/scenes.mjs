// The scenes of the film: what is seen at a time. Each bears the name of its subtitle in `assets/scanning.*.vtt`.
// No words are in the pictures: the subtitles carry them, so that one film serves every language. "iPhone" and
// "Android" are names.
import * as thing from "./things.mjs";
import { at, between, during, part } from "./things.mjs";

const MIDDLE = thing.WIDTH / 2;
const LEVEL = 214;

/** Each draws itself `t` seconds after its subtitle came; `long` seconds later the next one comes. */
export const SCENES = {
  bare(t) {
    const off = part(t, 1.0, 1.8);
    const out = part(t, 2.4, 3.3);
    const pulled = between(0, 40, out);
    return at(220 + 190 * off, LEVEL - 40 * off, thing.phoneCover(), { turn: 16 * off, shown: 1 - part(t, 1.6, 2.1) }) +
      at(220, LEVEL, thing.phone()) +
      at(500, LEVEL - pulled, thing.passport()) +
      at(500, LEVEL + 14 + 150 * out, thing.sleeve(), { shown: 1 - part(t, 3.0, 3.6) }) +
      at(292, LEVEL + 116, thing.right(), { size: part(t, 1.9, 2.3), shown: part(t, 1.9, 2.1) }) +
      at(596, LEVEL + 96, thing.right(), { size: part(t, 3.5, 3.9), shown: part(t, 3.5, 3.7) });
  },

  table(t) {
    const down = part(t, 0.2, 1.3);
    return thing.board() + at(MIDDLE, LEVEL - 60 * (1 - down), thing.passport(), { size: between(1.3, 1, down), turn: between(-14, 0, down), shown: part(t, 0, 0.5) }) +
      at(MIDDLE + 112, LEVEL + 104, thing.right(), { size: part(t, 1.5, 1.9), shown: part(t, 1.5, 1.7) });
  },

  passport(t) {
    const turned = part(t, 1.7, 2.5);
    const face = turned < 0.5 ? thing.passport() : thing.passportBack();
    const opened = part(t, 3.6, 4.1);
    return at(MIDDLE, LEVEL, face, { flip: Math.max(0.03, Math.abs(1 - 2 * turned)), shown: 1 - opened }) +
      at(MIDDLE, LEVEL, thing.passportOpen(), { shown: opened }) +
      at(MIDDLE, LEVEL + 66, thing.rings(t), { shown: during(t, 0.2, 1.8) }) +
      at(MIDDLE, LEVEL, thing.rings(t), { shown: during(t, 2.4, 3.7) }) +
      at(MIDDLE + 30, LEVEL + 84, thing.rings(t, thing.PATH), { shown: part(t, 4.1, 4.4) });
  },

  card(t) {
    const came = part(t, 0, 0.7);
    return at(MIDDLE, LEVEL + 40 * (1 - came), thing.card(), { size: 1.15, shown: came }) +
      at(MIDDLE + 20, LEVEL, thing.rings(t, thing.PATH), { shown: part(t, 0.8, 1.1) });
  },

  iphone(t) {
    const there = part(t, 1.1, 2.3);
    const edge = `<rect x="-57" y="-123" width="114" height="44" rx="16" fill="${thing.SUN}"/>`;
    return at(MIDDLE, 150, thing.passport(), { turn: 90 }) +
      at(between(590, MIDDLE, there), between(240, 262, there), thing.phone(edge)) +
      at(MIDDLE, 118, thing.waves(t, thing.SUN), { shown: part(t, 2.4, 2.7) }) +
      at(130, 62, thing.name("iPhone"));
  },

  android(t) {
    const there = part(t, 1.5, 2.6);
    const turned = part(t, 0.7, 1.5);
    const spot = `<circle r="30" fill="${thing.SUN}"/>`;
    const side = turned < 0.5 ? thing.phoneBack() + spot : thing.phone(spot);
    return at(MIDDLE - 40 * there, LEVEL, thing.passport(), { turn: 90 }) +
      at(between(590, MIDDLE - 40, there), LEVEL, side, { flip: Math.max(0.03, Math.abs(1 - 2 * turned)) }) +
      at(MIDDLE - 40, LEVEL, thing.rings(t, thing.PATH), { shown: part(t, 2.7, 3.0) }) +
      at(130, 62, thing.name("Android"));
  },

  still(t) {
    const share = part(t, 0.5, 3.6);
    const full = part(t, 3.6, 4.0);
    return at(MIDDLE, LEVEL, thing.passport(), { turn: 90, size: 1.1 }) +
      at(MIDDLE, LEVEL, thing.phone(at(0, -26, thing.waves(t, thing.PATH), { shown: 1 - full }) + thing.bar(share) +
        at(0, -40, thing.right(), { size: full, shown: full })), { size: 1.2 });
  },

  broken(t) {
    const away = part(t, 1.2, 1.9) - part(t, 3.2, 4.0);
    const lost = t > 1.3 && t < 3.9;
    const share = t < 1.3 ? between(0.3, 0.6, part(t, -0.5, 1.3)) : between(0.6, 1, part(t, 4.0, 5.2));
    const full = part(t, 5.2, 5.5);
    const screen = at(0, -26, thing.waves(t, thing.PATH), { shown: lost ? 0 : 1 - full }) +
      at(0, -40, thing.wrong(), { size: 0.9, shown: during(t, 1.3, 3.8) }) +
      thing.bar(share, lost ? thing.SUN : thing.PATH) + at(0, -40, thing.right(), { size: full, shown: full });
    return at(MIDDLE, LEVEL, thing.passport(), { turn: 90, size: 1.1 }) +
      at(MIDDLE + 215 * away, LEVEL - 10 * away, thing.phone(screen), { size: 1.2, turn: 9 * away });
  },

  light(t) {
    const came = part(t, 0, 0.5);
    return at(150, LEVEL - 20, thing.lamp(t), { shown: came }) +
      at(MIDDLE + 40, LEVEL - 2, thing.head({ glasses: 1 - part(t, 1.8, 2.5), cap: 1 - part(t, 2.9, 3.6) }), { shown: came, size: 1.05 }) +
      at(MIDDLE + 190, LEVEL + 40, thing.right(), { size: part(t, 3.8, 4.2), shown: part(t, 3.8, 4.0) });
  },

  whole(t) {
    const there = part(t, 0.6, 1.8);
    const share = part(t, 1.9, 3.0);
    const glass = `<clipPath id="glass"><rect x="-96" y="-132" width="192" height="226" rx="14"/></clipPath>`;
    const seen = `<rect x="-96" y="-132" width="192" height="226" rx="14" fill="${thing.TINT}"/><g clip-path="url(#glass)">${at(between(-66, 0, there), between(70, -18, there), thing.head(), { size: between(1.25, 0.72, there) })}</g>`;
    return at(MIDDLE, LEVEL, `<rect x="-126" y="-184" width="252" height="368" rx="38" fill="${thing.INK}"/><rect x="-112" y="-170" width="224" height="340" rx="26" fill="${thing.PAPER}"/>${thing.earpiece()}${glass}${seen}${thing.corners(there > 0.95 ? thing.PATH : thing.SOFT)}${at(0, 100, thing.bar(share), { size: 1.5 })}`) +
      at(MIDDLE + 112, LEVEL + 118, thing.right(), { size: part(t, 3.0, 3.4), shown: part(t, 3.0, 3.2) });
  },

  turn(t) {
    const look = part(t, 0.5, 1.4) - 2 * part(t, 1.5, 2.7) + part(t, 2.7, 3.2);
    const moved = part(t, 3.4, 4.4);
    const round = between(0, 1, moved) - 2 * part(t, 4.6, 5.9) * moved;
    const small = thing.phone(at(0, -18, `<rect x="-44" y="-60" width="88" height="104" rx="10" fill="${thing.PAPER}"/>${at(0, -8, thing.head(), { size: 0.34 })}`) + at(0, 36, thing.bar(part(t, 0.5, 5.9))));
    return at(MIDDLE, 176, thing.head({ look }), { size: 0.92 }) +
      at(MIDDLE + 190 * round, 338 - 20 * Math.abs(round), small, { size: 0.46, turn: -22 * round }) +
      at(MIDDLE, 48, thing.arrow(thing.PATH), { flip: t < 1.5 ? 1 : -1, shown: during(t, 0.3, 3.2) });
  },

  others(t) {
    return at(200, LEVEL, thing.support(t), { shown: part(t, 0, 0.5) }) +
      at(520, LEVEL, thing.desk(part(t, 2.2, 2.6)), { shown: part(t, 0.9, 1.4) }) +
      at(MIDDLE, LEVEL, thing.mark(part(t, 3.0, 4.4)), { size: 2.2, shown: part(t, 3.0, 3.2) });
  },
};

/** What stands beside the text of the page and shows at once what the film shows one after the other. */
const ASIDE = {
  chip: () =>
    at(216, LEVEL, thing.passport()) + at(216, LEVEL + 66, thing.rings(0.3)) +
    at(482, LEVEL, thing.card()) + at(492, LEVEL, thing.rings(0.3, thing.PATH)),

  hold: () => {
    const edge = `<rect x="-57" y="-123" width="114" height="44" rx="16" fill="${thing.SUN}"/>`;
    const spot = `<circle r="30" fill="${thing.SUN}"/>`;
    const one = at(200, 178, thing.passport(), { turn: 90, size: 0.9 }) + at(200, 274, thing.phone(edge), { size: 0.9 });
    const other = at(520, LEVEL + 34, thing.passport(), { turn: 90, size: 0.9 }) + at(520, LEVEL + 34, thing.phone(spot), { size: 0.9 }) + at(520, LEVEL + 34, thing.rings(0.3, thing.PATH), { size: 0.9 });
    return one + other + at(130, 58, thing.name("iPhone")) + at(450, 58, thing.name("Android"));
  },
};

/** The picture at a time. `cues` are the subtitles: name, from, to, in order. */
export function picture(cues, time) {
  const index = Math.max(0, cues.findLastIndex((cue) => time >= cue.from - 0.2));
  const cue = cues[index];
  const next = cues[index + 1];
  const fade = next === undefined ? 1 : 1 - part(time, next.from - 0.45, next.from - 0.2);
  const come = index === 0 ? 1 : part(time, cue.from - 0.2, cue.from + 0.1);
  const inside = at(0, 0, SCENES[cue.name](time - cue.from), { shown: Math.min(fade, come) });
  return framed(thing.table() + inside, `0 0 ${thing.WIDTH} ${thing.HEIGHT}`);
}

/** A picture for the page: a moment of a scene, or one of [`ASIDE`], without the room for subtitles. */
export function still(name, after) {
  const inside = ASIDE[name] ?? SCENES[name];
  return framed(thing.table() + inside(after), "30 22 660 384");
}

function framed(inside, box) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" font-family="'Atkinson Hyperlegible Next',sans-serif">${inside}</svg>`;
}
