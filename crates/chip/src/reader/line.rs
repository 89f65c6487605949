//! Where the session's straight-line code and its caller meet: one question, one reply.
//!
//! The code is an `async` function that nobody wakes: it is polled when a reply is there and stops at its next
//! question. That keeps the protocol readable from top to bottom without doing any input or output.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use super::Progress;
use super::error::{Cause, ReadError, Stage};
use super::reading::AccessControl;
use super::resume::{Part, Resume};
use crate::lds::file::FileId;
use crate::password::Password;

/// A question of the session.
pub(super) enum Outgoing {
    Commands(Vec<Vec<u8>>),
    AccessGranted(AccessControl),
}

/// The caller's reply.
pub(super) enum Incoming {
    Answers(Vec<Vec<u8>>),
    Challenge(Option<[u8; 8]>),
}

/// Shared by the session's code and the handle that the caller holds.
#[derive(Clone)]
pub(super) struct Line(Arc<Mutex<Meeting>>);

struct Meeting {
    outgoing: Option<Outgoing>,
    incoming: Option<Incoming>,
    stage: Stage,
    file: Option<FileId>,
    wanted: Vec<FileId>,
    resume: Option<Resume>,
}

impl Line {
    pub(super) fn new(resume: Resume) -> Self {
        Self(Arc::new(Mutex::new(Meeting {
            outgoing: None,
            incoming: None,
            stage: Stage::CardAccess,
            file: None,
            wanted: Vec::new(),
            resume: Some(resume),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Meeting> {
        // A poisoned lock means that the session's code panicked; its data is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the caller and waits for the reply.
    pub(super) async fn ask(&self, outgoing: Outgoing) -> Incoming {
        self.lock().outgoing = Some(outgoing);
        poll_fn(|_| self.lock().incoming.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    pub(super) fn question(&self) -> Option<Outgoing> {
        self.lock().outgoing.take()
    }

    pub(super) fn reply(&self, incoming: Incoming) {
        self.lock().incoming = Some(incoming);
    }

    pub(super) fn enter(&self, stage: Stage, file: Option<FileId>) {
        let mut meeting = self.lock();
        meeting.stage = stage;
        meeting.file = file;
    }

    pub(super) fn want(&self, files: Vec<FileId>) {
        self.lock().wanted = files;
    }

    /// What earlier sessions left, and where this one keeps what it reads, so that nothing is lost with it.
    pub(super) fn memory<T>(&self, with: impl FnOnce(&mut Resume) -> T) -> Option<T> {
        self.lock().resume.as_mut().map(with)
    }

    pub(super) fn part(&self, file: FileId) -> Part {
        self.memory(|resume| resume.files.get(&file).cloned()).flatten().unwrap_or_default()
    }

    pub(super) fn take_resume(&self) -> Resume {
        let empty = || Password::card_access_number("0000").map(Resume::new);
        let taken = self.lock().resume.take();
        // Taken once only: the handle is consumed with it.
        taken.or_else(|| empty().ok()).unwrap_or_else(|| unreachable!("four digits are a number"))
    }

    pub(super) fn error(&self, cause: Cause) -> ReadError {
        let meeting = self.lock();
        let offset = meeting
            .file
            .and_then(|file| meeting.resume.as_ref().map(|resume| resume.bytes_of(file)));
        ReadError {
            stage: meeting.stage,
            file: meeting.file,
            offset: offset.unwrap_or_default(),
            cause,
        }
    }

    pub(super) fn progress(&self) -> Progress {
        let meeting = self.lock();
        let (mut done, mut total) = (0_usize, 0_usize);
        for file in &meeting.wanted {
            let part = meeting.resume.as_ref().and_then(|resume| resume.files.get(file));
            let read = part.map_or(0, |part| part.bytes.len());
            let claimed = match part {
                Some(part) if part.is_complete() => read,
                Some(part) => part.total.unwrap_or_else(|| guess(*file)),
                None => guess(*file),
            };
            done = done.saturating_add(read);
            total = total.saturating_add(claimed);
        }
        Progress {
            stage: meeting.stage,
            file: meeting.file,
            bytes_done: done,
            bytes_total: total.max(done),
        }
    }
}

/// What a file not begun is likely to take.
const fn guess(file: FileId) -> usize {
    match file {
        FileId::Sod => 2_048,
        FileId::CardSecurity => 1_024,
        FileId::DataGroup(group) => match group.number() {
            2 => 16_384,
            5..=7 => 4_096,
            14 | 15 => 400,
            _ => 128,
        },
        FileId::CardAccess | FileId::AtrInfo | FileId::Dir | FileId::Com => 32,
    }
}
