//! The operator's addresses for alarm messages.

use messages::{AddressError, MailAddress, PhoneNumber};
use recovery::person::ChannelKind;

/// A telephone number or e-mail address that alarm messages are sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmAddress {
    pub(super) by: ChannelKind,
    pub(super) to: String,
}

impl AlarmAddress {
    /// Reads an e-mail address, or a telephone number where there is no `@`.
    ///
    /// # Errors
    ///
    /// [`AddressError`] for a text that is neither.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.contains('@') {
            let to = MailAddress::parse(text)?.as_str().to_owned();
            return Ok(Self { by: ChannelKind::Email, to });
        }
        let to = PhoneNumber::parse(text)?.as_str().to_owned();
        Ok(Self { by: ChannelKind::Phone, to })
    }
}
