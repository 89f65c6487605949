//! What a session costs: `cargo bench -p face`. Times are of one core, with the pure-Rust runtime, on the processor's clock: what
//! else runs takes no time of it, but shares caches and memory with it.

#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a bench may stop")]

#[path = "../tests/material/mod.rs"]
mod material;

use std::fs;
use std::time::{Duration, Instant};

use face::{Capture, Engine, Frame};

const ROUNDS: u32 = 7;
const ROUND: Duration = Duration::from_millis(200);
/// What a session may cost with each set.
const DEFAULT_MILLIS_MAX: f64 = 310.0;
const STRONG_MILLIS_MAX: f64 = 475.0;

fn main() {
    let Some(faces) = material::outside() else { return };
    // In a process of its own: memory that was freed before is not what a server holds.
    if std::env::args().any(|argument| argument == "pool") {
        return pool_of_two(&faces);
    }
    println!("memory before loading: {}", resident());
    let default = material::engine(material::default_set());
    println!("memory with the default set: {}", resident());
    measure("default", DEFAULT_MILLIS_MAX, &default, &faces);
    println!("memory after sessions: {}, at most {}", resident(), status("VmHWM"));
    drop(default);
    let strong = material::engine(material::strong_set(&faces));
    measure("strong", STRONG_MILLIS_MAX, &strong, &faces);
    println!("memory with the strong set: {}, at most {}", resident(), status("VmHWM"));
}

/// Two workers at once, as a server of two cores runs them: `cargo bench -p face -- pool [strong]`.
fn pool_of_two(faces: &std::path::Path) {
    let strong = std::env::args().any(|argument| argument == "strong");
    let set = if strong { material::strong_set(faces) } else { material::default_set() };
    let name = set.name().to_owned();
    let confirmed = face::Threshold(set.bands().accept);
    let engines = face::engine::pool(&set, confirmed, 2).unwrap();
    drop(set);
    println!("pool of two, {name} set, loaded: {}", resident());
    std::thread::scope(|scope| {
        for engine in &engines {
            scope.spawn(|| {
                let session = Session::of(faces);
                for _ in 0..5 {
                    session.judge(engine);
                }
            });
        }
    });
    println!("pool of two, {name} set, after ten sessions: {}", resident());
    println!("at most {}", status("VmHWM"));
}

/// One portrait and eight frames.
struct Session {
    portrait: Vec<u8>,
    frames: Vec<Vec<u8>>,
}

impl Session {
    fn of(faces: &std::path::Path) -> Self {
        let portrait = fs::read(faces.join("chip/003.jp2")).unwrap();
        let people = ["003", "014", "036", "061", "062", "063", "064", "066"];
        let read = |person: &&str| fs::read(faces.join(format!("live/{person}.jpg"))).unwrap();
        Self { portrait, frames: people.iter().map(read).collect() }
    }

    /// A look straight ahead and three prompts, as the service leads it: the engine embeds as many frames as it ever does.
    fn judge(&self, engine: &Engine) {
        use face::Prompt::{LookStraight, MoveCloser, TurnLeft, TurnRight};
        let steps = [0, 0, 1, 1, 2, 2, 3, 3];
        let frames: Vec<Frame<'_>> = self
            .frames
            .iter()
            .zip(0..)
            .zip(steps)
            .map(|((picture, at), prompt)| Frame { picture, at_millis: at * 400, prompt })
            .collect();
        let asked = [LookStraight, TurnLeft, MoveCloser, TurnRight].map(face::Step::from);
        let capture = Capture { steps: &asked, frames: &frames };
        drop(engine.judge(&self.portrait, &capture));
    }
}

fn measure(set: &str, bar: f64, engine: &Engine, faces: &std::path::Path) {
    let portrait = fs::read(faces.join("chip/003.jp2")).unwrap();
    let live = fs::read(faces.join("live/003.jpg")).unwrap();
    let session = Session::of(faces);
    let sighting = engine.sighting(&live).unwrap();

    println!("{set} set");
    row("decode a portrait (JPEG 2000)", || drop(face::decode::decode(&portrait)));
    row("decode a frame (JPEG)", || drop(face::decode::decode(&live)));
    row("decode and find a face", || drop(engine.sighting(&live)));
    row("embed a face", || drop(engine.template(&sighting)));
    if !engine.missing().contains(&face::Missing::PassivePad) {
        row("passive check", || drop(engine.living(&sighting)));
    }
    let cost = row("session: portrait and 8 frames", || session.judge(engine));
    let verdict = if cost <= bar { "met" } else { "NOT MET" };
    println!("  bar: {bar} ms of one core at most: {verdict}");
}

/// The least of some rounds: whatever else runs on the machine can only add to it. The kernel counts in ticks of some
/// milliseconds, so that each round is many times the work.
fn row(name: &str, mut work: impl FnMut()) -> f64 {
    work();
    let mut times = 1;
    let per_round = |work: &mut dyn FnMut(), times: u32| {
        let before = processor_time();
        (0..times).for_each(|_| work());
        processor_time() - before
    };
    while per_round(&mut work, times) < ROUND {
        times *= 2;
    }
    let rounds = (0..ROUNDS).map(|_| per_round(&mut work, times) / times);
    let least = rounds.min().unwrap_or_default();
    let millis = least.as_micros() as f64 / 1000.0;
    println!("  {name:32} {millis:8.1} ms");
    millis
}

/// Processor time of all threads of this process.
fn processor_time() -> Duration {
    let mut nanoseconds = 0;
    for thread in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let stat = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        nanoseconds +=
            stat.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    }
    if nanoseconds == 0 {
        static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        #[expect(clippy::disallowed_methods, reason = "the bench measures time")]
        let now = Instant::now;
        return BEGAN.get_or_init(now).elapsed();
    }
    Duration::from_nanos(nanoseconds)
}

fn resident() -> String {
    status("VmRSS")
}

fn status(key: &str) -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
}
