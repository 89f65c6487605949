//! Smart card readers through PC/SC.

use super::desk::{Tag, WakeError};
use pcsc::{Card, Context, Disposition, Error, Protocols, ReaderState, Scope, ShareMode, State};
use std::ffi::CString;
use std::time::Duration;

/// The name of vsmartcard's virtual reader in PC/SC, and the one that people know it by.
const VIRTUAL: (&str, &str) = ("vpcd", "virtualpcd");

/// A reader of this machine, and the chip on it while there is one.
pub(super) struct PcscReader {
    context: Context,
    name: CString,
    wait: Duration,
    card: Option<Card>,
    answer: Vec<u8>,
}

/// Why no reader can be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReaderError {
    #[error("the smart card service of this machine cannot be reached (is pcscd running?)")]
    Service(#[source] Error),
    #[error("no reader is connected")]
    None,
    #[error("no reader is called {wanted}; there are: {there}")]
    Unknown { wanted: String, there: String },
    #[error("several readers are connected; name one by --reader: {0}")]
    Several(String),
}

impl PcscReader {
    /// Finds the reader whose name contains `wanted`, or the only one.
    pub(super) fn open(wanted: Option<&str>, wait: Duration) -> Result<Self, ReaderError> {
        let context = Context::establish(Scope::User).map_err(ReaderError::Service)?;
        let readers = match context.list_readers_owned() {
            Ok(readers) => readers,
            Err(Error::NoReadersAvailable) => return Err(ReaderError::None),
            Err(error) => return Err(ReaderError::Service(error)),
        };
        let names: Vec<String> =
            readers.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        let at = chosen(&names, wanted)?;
        let name = readers.into_iter().nth(at).ok_or(ReaderError::None)?;
        Ok(Self {
            context,
            name,
            wait,
            card: None,
            answer: vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED],
        })
    }

    pub(super) fn name(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }

    fn connect(&self) -> Result<Card, Error> {
        let card = self.context.connect(&self.name, ShareMode::Exclusive, Protocols::ANY)?;
        Ok(card)
    }

    /// Waits until a chip lies on the reader.
    fn await_chip(&self) -> Result<(), Error> {
        let mut states = [ReaderState::new(self.name.clone(), State::UNAWARE)];
        loop {
            self.context.get_status_change(Some(self.wait), &mut states)?;
            for state in &mut states {
                let now = state.event_state();
                if now.contains(State::PRESENT) && !now.contains(State::MUTE) {
                    return Ok(());
                }
                if now.intersects(State::UNKNOWN | State::IGNORE) {
                    return Err(Error::ReaderUnavailable);
                }
                state.sync_current_state();
            }
        }
    }
}

impl Tag for PcscReader {
    fn transmit(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let answer = self.card.as_ref()?.transmit(command, &mut self.answer);
        answer.ok().map(<[u8]>::to_vec)
    }

    fn wake(&mut self) -> Result<(), WakeError> {
        // Giving the old connection up resets the chip, so that every session begins with a chip that just woke up.
        if let Some(card) = self.card.take() {
            let _ = card.disconnect(Disposition::ResetCard);
        }
        let mut last = Error::NoSmartcard;
        // A chip may leave the field again between being seen and being connected.
        for _ in 0..3 {
            match self.await_chip().and_then(|()| self.connect()) {
                Ok(card) => {
                    self.card = Some(card);
                    return Ok(());
                }
                Err(error @ (Error::Timeout | Error::ReaderUnavailable | Error::NoService)) => {
                    return Err(WakeError(error.to_string()));
                }
                Err(error) => last = error,
            }
        }
        Err(WakeError(last.to_string()))
    }
}

/// Which of the readers is meant: letters and digits of the wanted name, in a row, whatever their case.
fn chosen(names: &[String], wanted: Option<&str>) -> Result<usize, ReaderError> {
    let listed = || names.join(", ");
    let fits: Vec<usize> = match wanted.map(plain) {
        None => (0..names.len()).collect(),
        Some(wanted) => {
            let wanted = if wanted == VIRTUAL.0 { VIRTUAL.1.to_owned() } else { wanted };
            let fits =
                |at: &usize| names.get(*at).is_some_and(|name| plain(name).contains(&wanted));
            (0..names.len()).filter(fits).collect()
        }
    };
    match (fits.as_slice(), wanted) {
        ([], None) => Err(ReaderError::None),
        ([], Some(wanted)) => {
            Err(ReaderError::Unknown { wanted: wanted.to_owned(), there: listed() })
        }
        ([only], _) => Ok(*only),
        // Slots of one reader differ by their number alone: the first is meant.
        ([first, ..], Some(_)) => Ok(*first),
        ([..], None) => Err(ReaderError::Several(listed())),
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{ReaderError, chosen};

    #[test]
    fn a_reader_is_chosen_by_a_part_of_its_name() {
        let names: Vec<String> = ["ACS ACR1252 00 00", "Virtual PCD 00 00", "Virtual PCD 00 01"]
            .map(String::from)
            .into();

        assert_eq!(chosen(&names, Some("vpcd")).unwrap(), 1);
        assert_eq!(chosen(&names, Some("pcd 00 01")).unwrap(), 2);
        assert_eq!(chosen(&names, Some("acr1252")).unwrap(), 0);
        assert_eq!(chosen(&names[..1], None).unwrap(), 0);
        assert!(matches!(chosen(&names, None), Err(ReaderError::Several(_))));
        assert!(matches!(chosen(&names, Some("omnikey")), Err(ReaderError::Unknown { .. })));
        assert!(matches!(chosen(&[], None), Err(ReaderError::None)));
    }
}
