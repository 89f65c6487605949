//! The check whether this phone can scan a document and a face (SERVICE.md R5).

use crate::action::ActError;
use crate::place::{Place, Way};
use crate::session::Session;

/// Checks the phone, and again after the person changed something.
pub(crate) fn check(session: &mut Session) -> Result<(), ActError> {
    session.require(Way::CheckPhone)?;
    // The connection is one of the points of the check: no notice repeats it.
    session.refresh();
    session.notice = None;
    show(session);
    Ok(())
}

/// Shows the check over the present place, unless it is shown already.
pub(crate) fn show(session: &mut Session) {
    if matches!(session.place, Place::CheckingPhone { .. }) {
        return;
    }
    let from = Box::new(std::mem::take(&mut session.place));
    session.place = Place::CheckingPhone { from };
}
