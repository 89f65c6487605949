//! Damaged and hostile pictures: no panic, bounded memory, bounded time.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may stop, and what makes damage may lose bits"
)]

use std::alloc::System;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use cap::Cap;
use face::decode::{DecodeError, decode};
use jpeg_encoder::{ColorType, Encoder};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Mutated pictures of each kind.
const MUTATIONS: usize = 4_000;
const DECODE_TIME_MAX: Duration = Duration::from_millis(300);
const DECODE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// SplitMix64: the same pictures on every machine; a failure prints its seed.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

fn jpeg(width: u16, height: u16, progressive: bool) -> Vec<u8> {
    let mut seeded = Seeded(7);
    let pixels = usize::from(width) * usize::from(height) * 3;
    let rgb: Vec<u8> =
        (0..pixels).map(|i| (i % 251) as u8 ^ (seeded.next() as u8 & 0x1f)).collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 80);
    encoder.set_progressive(progressive);
    encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
    bytes
}

/// Changes a few bytes, mostly near the start where the headers are, and sometimes cuts, doubles or
/// drops a piece.
fn mutated(original: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Seeded(seed);
    let mut bytes = original.to_vec();
    for _ in 0..=random.below(6) {
        let length = bytes.len();
        let reach = if random.below(3) == 0 { length } else { length.min(240) };
        let at = random.below(reach);
        match random.below(8) {
            0 => bytes.truncate(at.max(16)),
            1 => {
                let piece: Vec<u8> = bytes[at..length.min(at + 1 + random.below(64))].to_vec();
                bytes.splice(at..at, piece);
            }
            2 => drop(bytes.drain(at..length.min(at + 1 + random.below(16)))),
            3 => bytes[at] = 0xff,
            4 => bytes[at] ^= 1 << random.below(8),
            _ => bytes[at] = random.next() as u8,
        }
        if bytes.len() < 16 {
            break;
        }
    }
    bytes
}

/// Decodes and returns the time on the processor, so that a machine under load measures the same.
fn timed(bytes: &[u8]) -> Duration {
    let before = processor_time();
    let _ = decode(bytes);
    processor_time() - before
}

/// What this thread has had of a processor; where the system does not say, time on the wall.
fn processor_time() -> Duration {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|stat| stat.split_whitespace().next()?.parse().ok());
    #[expect(clippy::disallowed_methods, reason = "the test measures time")]
    let now = Instant::now;
    nanoseconds.map_or_else(|| BEGAN.get_or_init(now).elapsed(), Duration::from_nanos)
}

fn check(name: &str, seed: u64, bytes: &[u8]) {
    let before = MEMORY.allocated();
    let time = timed(bytes);
    assert!(time <= DECODE_TIME_MAX, "{name}, seed {seed}: {time:?}");
    assert!(MEMORY.allocated() <= before + 4096, "{name}, seed {seed}: memory was kept");
}

/// EF.DG2 of a whole document, as a phone sends it.
fn dg2() -> Vec<u8> {
    let (_, document) =
        chip_sim::profile("td3").unwrap().issue(&mut chip_sim::Seeded::new([7; 32])).unwrap();
    document.file(chip_sim::File::DataGroup(2)).unwrap().to_vec()
}

/// Whether the portrait inside was found and decoded.
fn portrait_decodes(dg2: &[u8]) -> bool {
    let portraits = chip::lds::portrait::portraits(dg2).unwrap_or_default();
    portraits.iter().any(|portrait| decode(portrait.image).is_ok())
}

/// One test, so that the peak of memory is that of one decoder.
#[test]
fn more_than_twenty_thousand_mutated_pictures_do_no_harm() {
    let pictures: [(&str, Vec<u8>); 5] = [
        ("baseline", jpeg(160, 120, false)),
        ("progressive", jpeg(160, 120, true)),
        ("jp2", include_bytes!("pictures/gradient.jp2").to_vec()),
        ("j2k", include_bytes!("pictures/lossy.j2k").to_vec()),
        ("grey jp2", include_bytes!("pictures/grey.jp2").to_vec()),
    ];
    let base = MEMORY.allocated();

    let (mut decoded, mut refused) = (0, 0);
    for (name, original) in &pictures {
        assert!(decode(original).is_ok(), "{name}");
        for seed in 0..MUTATIONS as u64 {
            let bytes = mutated(original, seed);
            check(name, seed, &bytes);
            match decode(&bytes) {
                Ok(_) => decoded += 1,
                Err(_) => refused += 1,
            }
        }
    }

    let whole = dg2();
    assert!(portrait_decodes(&whole), "DG2");
    for seed in 0..MUTATIONS as u64 {
        let bytes = mutated(&whole, seed);
        let (kept, before) = (MEMORY.allocated(), processor_time());
        let found = portrait_decodes(&bytes);
        let time = processor_time() - before;
        assert!(time <= DECODE_TIME_MAX, "DG2, seed {seed}: {time:?}");
        assert!(MEMORY.allocated() <= kept + 4096, "DG2, seed {seed}: memory was kept");
        if found { decoded += 1 } else { refused += 1 }
    }

    let peak = MEMORY.max_allocated() - base;
    eprintln!("{decoded} decoded, {refused} refused, at most {} KiB", peak / 1024);
    assert!(peak <= DECODE_BYTES_MAX, "{peak} bytes");
    assert!(decoded > 1_000 && refused > 1_000, "the mutations reach both sides");
}

#[test]
fn the_largest_pictures_that_are_read_stay_within_memory_and_time() {
    let base = MEMORY.allocated();

    for (width, height, progressive) in [(4032, 3024, false), (2400, 2400, true)] {
        let bytes = jpeg(width, height, progressive);
        let name = if progressive { "progressive" } else { "baseline" };
        eprintln!("{name} {width} × {height}: {:?}", timed(&bytes));
        check(name, 0, &bytes);
        match decode(&bytes) {
            Ok(picture) => assert_eq!(picture.width(), usize::from(width)),
            Err(error) => assert_eq!(error, DecodeError::TooLarge, "{name}"),
        }
    }

    eprintln!("at most {} MiB with the encoder", (MEMORY.max_allocated() - base) / 1024 / 1024);
}
