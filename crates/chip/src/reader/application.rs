//! Selecting the application of travel documents.

use super::card::Answered;
use super::error::Cause;
use super::flow::Flow;
use crate::apdu::{Command, StatusWord};
use crate::lds::file::APPLICATION;

impl Flow {
    /// Selects the application in the forms that chips take, the one that was taken before first. A form that is
    /// refused without protection may have ended the session: the next session begins with another one.
    pub(super) async fn select_application(&mut self) -> Result<(), Cause> {
        (self.current, self.strayed) = (None, false);
        let first = self.application_form();
        let mut status = StatusWord::FILE_NOT_FOUND;
        let mut naked = 0;
        for form in (first..).take(APPLICATION_FORMS) {
            let answered = self.card.read(&select_in_form(form)).await?;
            status = answered.status();
            if !status.is_error() {
                self.line.memory(|memory| memory.lessons.application_form = form);
                return Ok(());
            }
            if matches!(answered, Answered::Nakedly(_)) {
                self.line.memory(|memory| memory.lessons.application_form = form.wrapping_add(1));
                naked += 1;
                if naked > 1 {
                    return Err(Cause::SessionLost(status));
                }
            }
        }
        Err(Cause::NoApplication(status))
    }

    pub(super) fn application_form(&self) -> usize {
        self.line.memory(|memory| memory.lessons.application_form).unwrap_or_default()
    }
}

/// Forms of [`select_in_form`].
const APPLICATION_FORMS: usize = 4;

/// Selects the application. The first form wants nothing back, because some chips refuse a superfluous Le
/// (CHIP-CASES.md case 9); others refuse to be asked for nothing.
pub(super) fn select_in_form(form: usize) -> Command {
    let select = |p2| Command::new(0x00, 0xA4, 0x04, p2).with_data(APPLICATION);
    match form % APPLICATION_FORMS {
        0 => select(0x0C),
        1 => select(0x00).expecting(256),
        2 => select(0x0C).expecting(256),
        _ => select(0x00),
    }
}
