//! The process that decodes pictures: the privileges that it gives up before it reads anything, and its loop.

use super::line;
use super::{Reading, png};
use face::decode::{DecodeError, Decoder as _, HereDecoder};
use face::picture::Picture;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::process::ExitCode;

/// The hidden subcommand. Its arguments are the bytes of memory and the seconds of processor time for one picture.
pub(super) const SUBCOMMAND: &str = "picture-worker";

/// The folder in which the system lists the open descriptors of the process that reads it.
const DESCRIPTORS: &str = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };

/// The number of descriptors that may be open: standard input, output and error, the connection, and the folder itself while
/// it is read.
const DESCRIPTORS_MAX: usize = 5;

/// Whether this process was started to decode pictures; [`run`] is then all that it does.
#[must_use]
pub fn is_asked() -> bool {
    std::env::args_os().nth(1).is_some_and(|argument| argument == SUBCOMMAND)
}

/// Decodes pictures for the process that started this one, until that closes the connection.
#[must_use]
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(2).collect();
    match serve(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(arguments: &[OsString]) -> io::Result<()> {
    let number = |index: usize| -> io::Result<u64> {
        let text = arguments.get(index).and_then(|argument| argument.to_str());
        text.and_then(|text| text.parse().ok()).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    };
    let (memory_bytes, processor_secs) = (number(0)?, number(1)?);
    let mut line = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    give_up_everything_else(memory_bytes)?;
    io::Write::write_all(&mut line, &line::GREETING)?;
    while let Some((reading, file)) = line::asked(&mut line)? {
        allow_processor_time(processor_secs)?;
        line::answer(&mut line, &decoded(reading, &file))?;
    }
    Ok(())
}

fn decoded(reading: Reading, file: &[u8]) -> Result<Picture, DecodeError> {
    match reading {
        Reading::Picture(terms) => HereDecoder.decode(file, terms),
        Reading::Png => png::decode(file),
    }
}

/// Limits memory, files, processes and core dumps of this process. An inherited descriptor is an error.
fn give_up_everything_else(memory_bytes: u64) -> io::Result<()> {
    if std::fs::read_dir(DESCRIPTORS)?.count() > DESCRIPTORS_MAX {
        return Err(io::Error::other("other descriptors are open"));
    }
    crate::system::no_core_dumps()?;
    for (resource, most) in [
        (Resource::As, memory_bytes),
        (Resource::Nofile, 0),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
        (Resource::Memlock, 0),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// Allows so many seconds of processor time from now on. The system counts what a process has used since it began.
fn allow_processor_time(secs: u64) -> io::Result<()> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).tv_sec;
    let current = u64::try_from(used).unwrap_or(0).saturating_add(secs);
    let maximum = getrlimit(Resource::Cpu).maximum;
    setrlimit(Resource::Cpu, Rlimit { current: Some(current), maximum })?;
    Ok(())
}
