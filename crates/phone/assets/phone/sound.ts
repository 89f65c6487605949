// What happened with the last frame, to be heard and felt: whoever does not see the screen follows the capture by it.

type Sound = "new-prompt" | "counted" | "hint" | "done";

const TONES: Record<Sound, readonly (readonly [hertz: number, from: number, secs: number])[]> = {
  "new-prompt": [[660, 0, 0.12], [880, 0.14, 0.16]],
  counted: [[880, 0, 0.06]],
  hint: [[220, 0, 0.18]],
  done: [[660, 0, 0.1], [880, 0.12, 0.1], [1320, 0.24, 0.22]],
};
const BUZZ: Record<Sound, number[]> = { "new-prompt": [60, 60, 60], counted: [25], hint: [180], done: [60, 40, 60, 40, 160] };

let speaker: AudioContext | null = null;

/** Opens the way to the loudspeaker; only in answer to a press may a page do that. */
export function wake(): void {
  try {
    speaker ??= new AudioContext();
    void speaker.resume();
  } catch {
    // No loudspeaker: words and vibration remain.
  }
}

export function sound(what: Sound): void {
  navigator.vibrate?.(BUZZ[what]);
  if (!speaker || speaker.state !== "running") return;
  const begin = speaker.currentTime;
  for (const [hertz, from, secs] of TONES[what]) {
    const tone = speaker.createOscillator();
    const volume = speaker.createGain();
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.0001, begin + from);
    volume.gain.exponentialRampToValueAtTime(0.2, begin + from + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + from + secs);
    tone.connect(volume).connect(speaker.destination);
    tone.start(begin + from);
    tone.stop(begin + from + secs);
  }
}
