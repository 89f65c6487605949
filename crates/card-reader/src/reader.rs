//! One reader, looked for anew by every question.

use std::ffi::{CStr, CString};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pcsc::{Card, Context, Disposition, Error, Protocols, ReaderState, Scope, ShareMode, State};

use crate::chip::{Chip, Lessons};
use crate::choice::Choice;
use crate::error::ReaderError;
use crate::presence::{chip_lies_on, lies_there};

/// A chip may leave the field again between being seen and being woken up.
const CONNECTIONS_MAX: usize = 3;

/// A reader of this machine.
pub struct Reader {
    choice: Choice,
    /// The line to the service, while it holds.
    line: Mutex<Option<Context>>,
    lessons: Arc<Lessons>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("choice", &self.choice).finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader that need not be there yet.
    ///
    /// # Errors
    ///
    /// [`ReaderError::NotBuilt`] in a build without the system library; here never.
    pub fn of(choice: Choice) -> Result<Self, ReaderError> {
        Ok(Self { choice, line: Mutex::default(), lessons: Arc::default() })
    }

    /// The reader's name in PC/SC.
    ///
    /// # Errors
    ///
    /// A [`ReaderError`] where the service does not run or no such reader is connected.
    pub fn name(&self) -> Result<String, ReaderError> {
        self.find().map(|(_, name)| name.to_string_lossy().into_owned())
    }

    /// Whether a chip lies on it now.
    ///
    /// # Errors
    ///
    /// A [`ReaderError`] where there is no reader to ask.
    pub fn has_chip(&self) -> Result<bool, ReaderError> {
        let (context, name) = self.find()?;
        chip_lies_on(&context, &name).map_err(failed)
    }

    /// Waits until a chip lies on it, at most so long after the last thing that happened there.
    ///
    /// # Errors
    ///
    /// [`ReaderError::NoChip`] where none came; another one where the reader went away.
    pub fn await_chip(&self, wait: Duration) -> Result<(), ReaderError> {
        let (context, name) = self.find()?;
        let mut states = [ReaderState::new(name, State::UNAWARE)];
        loop {
            context.get_status_change(Some(wait), &mut states).map_err(failed)?;
            for state in &mut states {
                if lies_there(state.event_state()).map_err(failed)? {
                    return Ok(());
                }
                state.sync_current_state();
            }
        }
    }

    /// Wakes the chip up. It answers to this connection alone until it is dropped.
    ///
    /// # Errors
    ///
    /// A [`ReaderError`] that says what is missing.
    pub fn connect(&self) -> Result<Chip, ReaderError> {
        let (_, name) = self.find()?;
        // A line of its own: the service answers one question a line, and "is a chip there?" is asked during a reading.
        let context = Context::establish(Scope::User).map_err(service)?;
        let mut last = Error::NoSmartcard;
        for _ in 0..CONNECTIONS_MAX {
            match self.woken(&context, &name) {
                Ok(card) => return Ok(Chip::new(card, context, name, Arc::clone(&self.lessons))),
                Err(error @ Error::NoSmartcard) => return Err(failed(error)),
                Err(error) => last = error,
            }
        }
        Err(failed(last))
    }

    fn woken(&self, context: &Context, name: &CStr) -> Result<Card, Error> {
        let mut card = context.connect(name, ShareMode::Exclusive, Protocols::ANY)?;
        if self.lessons.broke() {
            card.reconnect(ShareMode::Exclusive, Protocols::ANY, Disposition::ResetCard)?;
        }
        Ok(card)
    }

    /// The reader that is meant, on a line that holds.
    fn find(&self) -> Result<(Context, CString), ReaderError> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        // A service that was started again knows nothing of old lines: the second try is on a new one.
        if let Some(context) = line.as_ref()
            && let Ok(readers) = readers(context)
        {
            return self.chosen(context, readers);
        }
        *line = None;
        let context = Context::establish(Scope::User).map_err(service)?;
        let readers = readers(&context).map_err(service)?;
        *line = Some(context.clone());
        self.chosen(&context, readers)
    }

    fn chosen(
        &self,
        context: &Context,
        readers: Vec<CString>,
    ) -> Result<(Context, CString), ReaderError> {
        let names: Vec<String> =
            readers.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        let at = self.choice.among(&names)?;
        let name = readers.into_iter().nth(at).ok_or(ReaderError::None)?;
        Ok((context.clone(), name))
    }
}

fn readers(context: &Context) -> Result<Vec<CString>, Error> {
    match context.list_readers_owned() {
        Err(Error::NoReadersAvailable) => Ok(Vec::new()),
        listed => listed,
    }
}

fn service(error: Error) -> ReaderError {
    ReaderError::Service(Box::new(error))
}

/// What went wrong, in the words of somebody before the reader.
fn failed(error: Error) -> ReaderError {
    if matches!(error, Error::Timeout | Error::NoSmartcard | Error::RemovedCard) {
        return ReaderError::NoChip;
    }
    let cause = Box::new(error);
    if matches!(error, Error::SharingViolation) {
        ReaderError::Busy(cause)
    } else if matches!(
        error,
        Error::UnknownReader | Error::ReaderUnavailable | Error::NoReadersAvailable
    ) {
        ReaderError::Gone(cause)
    } else if matches!(
        error,
        Error::NoService
            | Error::ServiceStopped
            | Error::Shutdown
            | Error::CommError
            | Error::InternalError
            | Error::InvalidHandle
            | Error::Cancelled
    ) {
        ReaderError::Service(cause)
    } else {
        ReaderError::Mute(cause)
    }
}
