//! The worker processes of one service: started when they are needed, replaced when they fail.

use super::{Reading, line, worker};
use crate::system::Stopwatch;
use face::decode::{DecodeError, Decoder, FILE_BYTES_MAX, Terms};
use face::picture::Picture;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a picture is tried: once, and once more by a new worker.
const TRIES: usize = 2;
/// The number of pictures after which a worker is replaced, so that nothing that it keeps can grow.
const PICTURES_MAX: u32 = 1_000;
/// How long a process may take to send its greeting.
const GREETING_DEADLINE: Duration = Duration::from_secs(10);
/// The descriptors of standard input, output and error.
const STANDARD_DESCRIPTORS: i32 = 3;

/// The workers that decode pictures cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum WorkersError {
    /// The process cannot be started.
    #[error("a process that decodes pictures cannot be started")]
    Start(#[source] io::Error),
    /// The process did not send its greeting.
    #[error(
        "the process that was started to decode pictures did not begin: it may not set its limits, or a file was left open for it"
    )]
    Greeting(#[source] io::Error),
}

/// The limits of a worker, and the program that it runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The program, which calls [`worker::run`] where it is asked to; this very program where none is named.
    pub program: Option<PathBuf>,
    /// The number of pictures that are decoded at once.
    pub workers_max: usize,
    /// RLIMIT_AS in bytes: for the program itself, the file, and the decoding.
    pub memory_bytes_max: u64,
    /// RLIMIT_CPU for one picture, in seconds.
    pub processor_secs_max: u64,
    /// The longest time that one picture may take on the clock.
    pub deadline: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            program: None,
            workers_max: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes_max: 512 * 1024 * 1024,
            processor_secs_max: 5,
            deadline: Duration::from_secs(10),
        }
    }
}

/// A few processes that decode pictures.
#[derive(Debug)]
pub struct PictureWorkers {
    settings: Settings,
    places: Mutex<Places>,
    freed: Condvar,
}

/// The worker processes, and the permits that are taken.
#[derive(Debug, Default)]
struct Places {
    /// The processes that wait for a picture.
    idle: Vec<Worker>,
    /// The number of permits that are taken.
    taken: usize,
}

/// One worker process.
#[derive(Debug)]
struct Worker {
    process: Child,
    line: UnixStream,
    /// The number of pictures that it has decoded.
    pictures: u32,
}

/// A permit for one picture at a time; it is returned when it is dropped.
struct Place<'a>(&'a PictureWorkers);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.places().taken -= 1;
        self.0.freed.notify_one();
    }
}

impl PictureWorkers {
    /// Starts the first worker, so that a service that could decode nothing does not start.
    ///
    /// # Errors
    ///
    /// [`WorkersError`].
    pub fn start(settings: Settings) -> Result<Self, WorkersError> {
        // What was left open by whoever started this process is nothing that a worker inherits.
        close_fds::set_fds_cloexec(STANDARD_DESCRIPTORS, &[]);
        let first = Worker::start(&settings)?;
        let places = Places { idle: vec![first], taken: 0 };
        Ok(Self { settings, places: Mutex::new(places), freed: Condvar::new() })
    }

    /// The ids of the processes that wait for a picture.
    #[must_use]
    pub fn process_ids(&self) -> Vec<u32> {
        self.places().idle.iter().map(|worker| worker.process.id()).collect()
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self) -> Option<Place<'_>> {
        let full = |places: &mut Places| places.taken >= self.settings.workers_max.max(1);
        let waited = self.freed.wait_timeout_while(self.places(), self.settings.deadline, full);
        let (mut places, timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
        if timed_out.timed_out() {
            return None;
        }
        places.taken += 1;
        Some(Place(self))
    }

    pub(super) fn read(&self, file: &[u8], reading: Reading) -> Result<Picture, DecodeError> {
        if file.len() > FILE_BYTES_MAX {
            return Err(DecodeError::TooLarge);
        }
        let Some(_place) = self.place() else {
            tracing::warn!("all picture workers are busy");
            return Err(DecodeError::Unavailable);
        };
        let mut idle = self.places().idle.pop();
        for _ in 0..TRIES {
            let mut worker = match idle.take() {
                Some(worker) => worker,
                None => Worker::start(&self.settings).map_err(|error| {
                    tracing::error!(error = &error as &dyn std::error::Error, "no picture worker");
                    DecodeError::Unavailable
                })?,
            };
            match worker.read(file, reading, self.settings.deadline) {
                Ok(decoded) => {
                    if worker.pictures < PICTURES_MAX {
                        self.places().idle.push(worker);
                    }
                    return decoded;
                }
                Err(error) => {
                    let status = worker.end().map(|status| status.to_string());
                    let status = status.unwrap_or_default();
                    tracing::warn!(%error, status, "a picture worker ended before it answered");
                }
            }
        }
        Err(DecodeError::Fatal)
    }
}

impl Decoder for PictureWorkers {
    fn decode(&self, bytes: &[u8], terms: Terms) -> Result<Picture, DecodeError> {
        self.read(bytes, Reading::Picture(terms))
    }
}

impl Worker {
    fn start(settings: &Settings) -> Result<Self, WorkersError> {
        let (ours, theirs) = UnixStream::pair().map_err(WorkersError::Start)?;
        let process = Command::new(program(settings).map_err(WorkersError::Start)?)
            .arg0(worker::SUBCOMMAND)
            .arg(worker::SUBCOMMAND)
            .arg(settings.memory_bytes_max.to_string())
            .arg(settings.processor_secs_max.to_string())
            .env_clear()
            .current_dir("/")
            // A signal from the terminal is for the service, which lets what is under way end.
            .process_group(0)
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(WorkersError::Start)?;
        let mut worker = Self { process, line: ours, pictures: 0 };
        let mut greeting = [0; line::GREETING.len()];
        let mut timed = Timed::new(&worker.line, GREETING_DEADLINE);
        timed.read_exact(&mut greeting).map_err(WorkersError::Greeting)?;
        if greeting != line::GREETING {
            let _ = worker.end();
            return Err(WorkersError::Greeting(io::ErrorKind::InvalidData.into()));
        }
        Ok(worker)
    }

    fn read(
        &mut self,
        file: &[u8],
        reading: Reading,
        deadline: Duration,
    ) -> io::Result<Result<Picture, DecodeError>> {
        self.pictures += 1;
        let mut timed = Timed::new(&self.line, deadline);
        line::ask(&mut timed, reading, file)?;
        line::answered(&mut timed)
    }

    /// Kills the process where it still runs; returns how it ended.
    fn end(&mut self) -> Option<ExitStatus> {
        let _ = self.process.kill();
        self.process.wait().ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// The path of the program: on Linux the file that runs, even where another has replaced it on the disk since.
fn program(settings: &Settings) -> io::Result<PathBuf> {
    match &settings.program {
        Some(program) => Ok(program.clone()),
        None if cfg!(target_os = "linux") => Ok(PathBuf::from("/proc/self/exe")),
        None => std::env::current_exe(),
    }
}

/// A connection whose whole use has to end before a deadline, however little comes at once.
struct Timed<'a> {
    line: &'a UnixStream,
    watch: Stopwatch,
    deadline: Duration,
}

impl<'a> Timed<'a> {
    fn new(line: &'a UnixStream, deadline: Duration) -> Self {
        Self { line, watch: Stopwatch::start(), deadline }
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.checked_sub(self.watch.elapsed());
        left.filter(|left| !left.is_zero()).map(Some).ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.line.set_read_timeout(self.left()?)?;
        let mut line = self.line;
        line.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.line.set_write_timeout(self.left()?)?;
        let mut line = self.line;
        line.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
