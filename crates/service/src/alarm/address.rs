//! Where alarms are told.

use messages::{AddressError, MailAddress, PhoneNumber};
use recovery::person::ChannelKind;

/// Where alarms are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmAddress {
    pub(super) by: ChannelKind,
    pub(super) to: String,
}

impl AlarmAddress {
    /// An e-mail address, or a telephone number where there is no `@`.
    ///
    /// # Errors
    ///
    /// [`AddressError`] for what is neither.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.contains('@') {
            let to = MailAddress::parse(text)?.as_str().to_owned();
            return Ok(Self { by: ChannelKind::Email, to });
        }
        let to = PhoneNumber::parse(text)?.as_str().to_owned();
        Ok(Self { by: ChannelKind::Phone, to })
    }
}
