//! A descriptor that came along from elsewhere: a test alone in its process, for it leaves one open on purpose.

use rustix::io::{FdFlags, fcntl_setfd};
use server::pictures::{DecodeError, Decoder as _, PictureWorkers, Settings, Terms};
use std::fs::File;

const GRADIENT: &[u8] = include_bytes!("../../face/tests/pictures/gradient.jp2");

#[test]
fn what_was_left_open_is_closed_for_workers_and_one_that_sees_it_does_not_begin() {
    let left_open = File::open("/dev/null").unwrap();
    fcntl_setfd(&left_open, FdFlags::empty()).unwrap();
    let program = Some(env!("CARGO_BIN_EXE_genvej").into());
    let workers = PictureWorkers::start(Settings { program, ..Settings::default() }).unwrap();
    assert!(workers.decode(GRADIENT, Terms::PORTRAIT).is_ok(), "closed at the start");

    fcntl_setfd(&left_open, FdFlags::empty()).unwrap();
    let idle = workers.process_ids();
    let pid = rustix::process::Pid::from_raw(i32::try_from(idle[0]).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let refused = workers.decode(GRADIENT, Terms::PORTRAIT).unwrap_err();

    assert_eq!(refused, DecodeError::Unavailable, "ours, and not the picture's fault");
}
