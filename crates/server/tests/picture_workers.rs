//! Pictures are decoded in processes of their own: whatever happens to one of them, the service goes on.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop")]

use jpeg_encoder::{ColorType, Encoder};
use rustix::process::{Pid, Signal, kill_process};
use server::pictures::{
    DecodeError, Decoder as _, Kinds, PictureWorkers, Settings, Terms, WorkersError,
};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

const GRADIENT: &[u8] = include_bytes!("../../face/tests/pictures/gradient.jp2");
const FRAME: Terms = Terms { kinds: Kinds::Jpeg, pixels_max: 1920 * 1080 };

fn settings() -> Settings {
    Settings {
        program: Some(env!("CARGO_BIN_EXE_genvej").into()),
        workers_max: 1,
        ..Settings::default()
    }
}

fn workers() -> PictureWorkers {
    PictureWorkers::start(settings()).unwrap()
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let rgb = vec![90; usize::from(width) * usize::from(height) * 3];
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 90).encode(&rgb, width, height, ColorType::Rgb).unwrap();
    bytes
}

fn only(workers: &PictureWorkers) -> Pid {
    let ids = workers.process_ids();
    assert_eq!(ids.len(), 1);
    Pid::from_raw(ids[0].try_into().unwrap()).unwrap()
}

/// A file of the process in the system's own folder on it.
fn told(pid: Pid, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{}/{file}", pid.as_raw_nonzero())).unwrap()
}

#[test]
fn a_worker_decodes_as_the_decoder_itself_does() {
    let workers = workers();

    let apart = workers.decode(GRADIENT, Terms::PORTRAIT).unwrap();

    let here = face::decode::decode(GRADIENT).unwrap();
    assert_eq!((apart.width(), apart.rgb()), (here.width(), here.rgb()));
    assert_eq!(workers.decode(&jpeg(640, 480), FRAME).unwrap().height(), 480);
    assert_eq!(workers.decode(GRADIENT, FRAME).unwrap_err(), DecodeError::UnknownKind);
    assert_eq!(workers.decode(b"GIF89a", Terms::PORTRAIT).unwrap_err(), DecodeError::UnknownKind);
    assert_eq!(workers.decode(&jpeg(2_000, 2_000), FRAME).unwrap_err(), DecodeError::TooLarge);
    assert_eq!(workers.decode(&vec![0xff; 9_000_000], FRAME).unwrap_err(), DecodeError::TooLarge);
}

#[test]
fn one_worker_serves_many_pictures() {
    let workers = workers();
    let before = only(&workers);

    for _ in 0..20 {
        workers.decode(GRADIENT, Terms::PORTRAIT).unwrap();
        assert!(workers.decode(&GRADIENT[..200], Terms::PORTRAIT).is_err());
    }

    assert_eq!(only(&workers), before);
}

#[test]
fn a_killed_worker_loses_no_picture() {
    let workers = workers();
    let killed = only(&workers);
    kill_process(killed, Signal::KILL).unwrap();

    let decoded = workers.decode(GRADIENT, Terms::PORTRAIT);

    assert!(decoded.is_ok());
    assert_ne!(only(&workers), killed, "another one is there");
}

#[test]
fn a_worker_that_hangs_is_replaced_in_time() {
    let workers =
        PictureWorkers::start(Settings { deadline: Duration::from_secs(2), ..settings() }).unwrap();
    let hung = only(&workers);
    kill_process(hung, Signal::STOP).unwrap();

    assert!(workers.decode(GRADIENT, Terms::PORTRAIT).is_ok());

    assert_ne!(only(&workers), hung);
    assert!(!Path::new(&format!("/proc/{}", hung.as_raw_nonzero())).exists(), "and it is gone");
}

/// The decoder itself asks for more than its process may have, and aborts: as a picture that passed every guard would.
#[test]
fn a_decoder_that_aborts_costs_its_picture_and_nothing_else() {
    let program = told(only(&workers()), "statm");
    let pages: u64 = program.split(' ').next().unwrap().parse().unwrap();
    let memory_bytes_max = pages * 4_096 + 24 * 1024 * 1024;
    let workers = PictureWorkers::start(Settings { memory_bytes_max, ..settings() }).unwrap();
    let first = only(&workers);

    let refused = workers.decode(&jpeg(4_000, 3_000), Terms::PORTRAIT);

    assert_eq!(refused.unwrap_err(), DecodeError::Fatal, "36 MB do not fit in 24");
    assert!(workers.process_ids().is_empty(), "two processes ended");
    assert!(workers.decode(GRADIENT, Terms::PORTRAIT).is_ok(), "the next picture is decoded");
    assert_ne!(only(&workers), first);
}

#[test]
fn a_worker_has_given_up_memory_processor_files_processes_and_dumps() {
    let workers = workers();
    workers.decode(GRADIENT, Terms::PORTRAIT).unwrap();

    let limits = told(only(&workers), "limits");

    // What holds now, and up to where the process itself could raise it.
    let limit = |name: &str| -> [String; 2] {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let mut both = line[name.len()..].split_whitespace().map(str::to_owned);
        [both.next().unwrap(), both.next().unwrap()]
    };
    let [memory, processor] =
        ["Max address space", "Max cpu time"].map(|name| limit(name)[0].clone());
    assert_eq!(memory, Settings::default().memory_bytes_max.to_string());
    assert_eq!(processor, Settings::default().processor_secs_max.to_string());
    for nothing in ["Max core file size", "Max open files", "Max file size", "Max processes"] {
        assert_eq!(limit(nothing), ["0", "0"], "{nothing}");
    }
}

#[test]
fn a_worker_gets_no_environment_and_no_descriptor_but_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("spy");
    let there = folder.path().display();
    let script = format!(
        "#!/bin/sh\ntr '\\0' '\\n' < /proc/$$/environ > {there}/environment\nreadlink /proc/$$/fd/* > {there}/open\nexit 0\n"
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();

    let started = PictureWorkers::start(Settings { program: Some(program.clone()), ..settings() });

    assert!(matches!(started, Err(WorkersError::Greeting(_))), "it is no worker");
    let said = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(said("environment"), "");
    let open = said("open");
    // The shell holds its script, and the file that it is writing.
    let of_the_shell = |line: &&str| line.starts_with(&*there.to_string());
    let open: Vec<&str> = open.lines().filter(|line| !of_the_shell(line)).collect();
    assert!(open[0].starts_with("socket:"), "{open:?}");
    assert!(open[1..].iter().all(|line| *line == "/dev/null"), "{open:?}");
}

#[test]
fn more_pictures_than_workers_wait_for_their_turn() {
    let workers = workers();

    let decoded = std::thread::scope(|scope| {
        let asked: Vec<_> =
            (0..6).map(|_| scope.spawn(|| workers.decode(GRADIENT, Terms::PORTRAIT))).collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });

    assert!(decoded.iter().all(Result::is_ok));
    assert_eq!(workers.process_ids().len(), 1);
}

#[test]
fn workers_end_with_the_pool() {
    let workers = workers();
    let pid = only(&workers);

    drop(workers);

    assert!(!Path::new(&format!("/proc/{}", pid.as_raw_nonzero())).exists());
}

/// For docs/adr/pictures-are-decoded-apart.md; run by hand: `cargo nextest run --run-ignored all what_a_worker_costs`.
#[test]
#[ignore = "it measures and asserts nothing"]
fn what_a_worker_costs() {
    use face::decode::{Decoder, HereDecoder};
    let workers = workers();
    // The best of many: a machine with other work on it measures the same.
    let each = |decoder: &dyn Decoder, picture: &[u8]| {
        let once = || {
            let watch = server::system::Stopwatch::start();
            drop(decoder.decode(picture, Terms::PORTRAIT).unwrap());
            watch.elapsed()
        };
        (0..60).map(|_| once()).min().unwrap()
    };
    for (name, picture) in [
        ("JPEG 2000, 48 × 64", GRADIENT.to_vec()),
        ("JPEG, 640 × 480", jpeg(640, 480)),
        ("JPEG, 1280 × 720", jpeg(1_280, 720)),
        ("JPEG, 1920 × 1080", jpeg(1_920, 1_080)),
    ] {
        eprintln!(
            "{name}: {:?} here, {:?} apart",
            each(&HereDecoder, &picture),
            each(&workers, &picture)
        );
    }
    let watch = server::system::Stopwatch::start();
    (0..10).for_each(|_| drop(PictureWorkers::start(settings()).unwrap()));
    eprintln!("a start and an end: {:?}", watch.elapsed() / 10);
    let memory = told(only(&workers), "status");
    memory
        .lines()
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"))
        .for_each(|line| eprintln!("{line}"));
}
