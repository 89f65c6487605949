//! Ids: one newtype for each kind of thing, so that two of them can never be swapped.
//!
//! All are random numbers that the caller draws, of 128 bits unless their type says otherwise. None says anything about
//! what it names.

/// A text that is not 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id has 32 lower-case hexadecimal digits")]
pub struct NoId;

/// Reads the 32 lower-case hexadecimal digits of an id.
///
/// # Errors
///
/// [`NoId`] where the text has another form.
pub fn digits(text: &str) -> Result<u128, NoId> {
    let plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != 32 || !plain {
        return Err(NoId);
    }
    u128::from_str_radix(text, 16).map_err(|_| NoId)
}

/// Makes ids: random numbers of 128 bits that print and parse themselves as 32 hexadecimal digits.
#[macro_export]
macro_rules! ids {
    ($( $(#[$meta:meta])* $vis:vis $name:ident; )+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            $vis struct $name(pub u128);

            impl ::core::fmt::Display for $name {
                fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::write!(formatter, "{:032x}", self.0)
                }
            }

            impl ::core::str::FromStr for $name {
                type Err = $crate::id::NoId;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    $crate::id::digits(text).map(Self)
                }
            }
        )+
    };
}

ids! {
    /// One person. The id is random, and is all that the journal and the logs say about a person.
    pub PersonId;
    /// One app instance: a device key bound to one person (PROTOCOLS.md 1).
    pub InstanceId;
    /// One offer to bind an app instance.
    pub EnrolmentId;
    /// One recovery case of any route.
    pub CaseId;
    /// One permission to set one PIN (PROTOCOLS.md 4).
    pub GrantId;
    /// One reserved try of a PIN or a temporary PIN (PROTOCOLS.md 3).
    pub TicketId;
    /// One temporary PIN that was issued.
    pub TemporaryPinId;
    /// One P code that was issued.
    pub PCodeId;
    /// One veto link, or the links about one matter to all channels of a person.
    pub VetoId;
    /// One phone number or e-mail address of one person.
    pub ChannelId;
    /// One set of register questions, drawn for one person.
    pub QuestionSetId;
    /// One member of staff.
    pub StaffId;
    /// One support or Citizen Service centre.
    pub CentreId;
    /// One screen that was paired to show temporary PINs.
    pub ScreenId;
    /// One bookable slot of one centre.
    pub SlotId;
    /// One booked visit to a Citizen Service Centre.
    pub AppointmentId;
    /// One foreign document that the operator recorded as a person's (PROTOCOLS.md 6).
    pub ForeignDocumentId;
}

/// A random credential identifier, under which one PIN registration is evaluated (PROTOCOLS.md 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CredentialId(pub [u8; 32]);
