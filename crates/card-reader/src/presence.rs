//! Whether a chip lies on a reader.

use std::ffi::CString;
use std::time::Duration;

use pcsc::{Context, Error, ReaderState, State};

/// Whether a chip lies on the reader of this name now.
pub(crate) fn chip_lies_on(context: &Context, name: &CString) -> Result<bool, Error> {
    let mut states = [ReaderState::new(name.clone(), State::UNAWARE)];
    context.get_status_change(Some(Duration::ZERO), &mut states)?;
    let [state] = &states;
    lies_there(state.event_state())
}

pub(crate) fn lies_there(state: State) -> Result<bool, Error> {
    if state.intersects(State::UNKNOWN | State::IGNORE | State::UNAVAILABLE) {
        return Err(Error::ReaderUnavailable);
    }
    Ok(state.contains(State::PRESENT) && !state.contains(State::MUTE))
}
