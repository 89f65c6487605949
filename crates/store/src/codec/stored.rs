//! The byte format of each type of value in a saved state: written once for every simple type, and by a table for types
//! composed of them.

use super::{CodecError, Reader, Writer};
use crate::{Id, LookupKey};
use chip::date::Date;
use face::{Light, Prompt, Stance, Step};
use recovery::alarm::Alarm;
use recovery::effect::{AppointmentMessage, News, SecurityEvent};
use recovery::evidence::{CprProof, PictureDocument, SeenAtDesk, Witness};
use recovery::id::{
    AppointmentId, CaseId, CentreId, ChannelId, CredentialId, EnrolmentId, ForeignDocumentId,
    GrantId, InstanceId, PCodeId, PersonId, QuestionSetId, ScreenId, SlotId, StaffId,
    TemporaryPinId, TicketId, VetoId,
};
use recovery::questions::{FactKind, Probability, SetKey};
use recovery::route::RefusalReason;
use recovery::sensitive::{KeyedHash, Sensitive};
use recovery::staff::Role;
use recovery::time::{Duration, Instants, Timestamp};
use zeroize::{Zeroize, Zeroizing};

/// The longest text or byte string in a state, in bytes.
pub const TEXT_BYTES_MAX: usize = 65_536;
/// The longest sequence in a state. The domain limits what a row may hold; this only keeps a wrong length from being
/// trusted.
pub const SEQUENCE_MAX: usize = 65_536;
/// The longest stable code, in bytes.
const CODE_BYTES_MAX: usize = 64;

/// A value that can be part of a saved state.
///
/// The bytes never change: every later version of the program reads what an earlier one wrote.
/// [`stored!`](crate::stored) implements the trait for a struct or an enum from a table of its parts.
pub trait Stored: Sized {
    /// Writes the value.
    fn store(&self, writer: &mut Writer);

    /// Reads what [`Stored::store`] wrote; `what` names the field in an error.
    ///
    /// # Errors
    ///
    /// A [`CodecError`] where the bytes are not those of such a value.
    fn restore(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError>;
}

/// The bytes of a value, which are wiped on drop.
#[must_use]
pub fn to_bytes<T: Stored>(value: &T) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer::new();
    value.store(&mut writer);
    writer.finish_hidden()
}

/// Reads what [`to_bytes`] made.
///
/// # Errors
///
/// A [`CodecError`] where the bytes are not those of such a value, or bytes are left over.
pub fn from_bytes<T: Stored>(bytes: &[u8]) -> Result<T, CodecError> {
    let mut reader = Reader::new(bytes);
    let value = T::restore(&mut reader, "value")?;
    reader.finish()?;
    Ok(value)
}

/// A value that can be an element of a sequence. Single bytes are not: they are written together as one byte string.
pub trait Element: Stored {}

/// Implements [`Stored`] from a table of parts, in the order in which they are written.
///
/// A newtype is stored as the value that it wraps. A struct is stored as the sequence of its fields. A field that a
/// later schema version added has the given value, or else its default value, in a row of an earlier version:
///
/// ```
/// struct ClerkId(u128);
/// store::stored! { new ClerkId }
///
/// struct Visit { clerk: ClerkId, minutes: u16, late: bool, desk: u8 }
/// store::stored! { struct Visit { clerk, minutes } since 2 { late = minutes > 20, desk } }
/// ```
///
/// An enum is stored as a tag and the fields of the variant. `flat` takes whole patterns, with the names in the order
/// of writing, for a value whose tag depends on more than its own variant:
///
/// ```
/// enum Proof { Questions(u8), Witness { who: u128 }, Nothing }
/// store::stored! { enum Proof { 0 => Questions(right), 1 => Witness { who }, 2 => Nothing } }
///
/// enum Presence { NotOffered, Proven(Proof) }
/// store::stored! { flat enum Presence {
///     0 => (Self::NotOffered) [],
///     1 => (Self::Proven(Proof::Nothing)) [],
///     2 => (Self::Proven(Proof::Questions(right))) [right],
///     3 => (Self::Proven(Proof::Witness { who })) [who],
/// } }
/// ```
#[macro_export]
macro_rules! stored {
    ( new $kind:ty ) => {
        impl $crate::codec::Stored for $kind {
            fn store(&self, writer: &mut $crate::codec::Writer) {
                $crate::codec::Stored::store(&self.0, writer);
            }

            fn restore(
                reader: &mut $crate::codec::Reader<'_>,
                what: &'static str,
            ) -> Result<Self, $crate::codec::CodecError> {
                $crate::codec::Stored::restore(reader, what).map(Self)
            }
        }

        impl $crate::codec::Element for $kind {}
    };
    ( struct $kind:ty { $($field:ident),+ $(,)? }
        $( since $schema:literal { $( $later:ident $(= $before:expr)? ),+ $(,)? } )?
    ) => {
        impl $crate::codec::Stored for $kind {
            fn store(&self, writer: &mut $crate::codec::Writer) {
                $( $crate::codec::Stored::store(&self.$field, writer); )+
                $( $( $crate::codec::Stored::store(&self.$later, writer); )+ )?
            }

            fn restore(
                reader: &mut $crate::codec::Reader<'_>,
                _: &'static str,
            ) -> Result<Self, $crate::codec::CodecError> {
                $( let $field = $crate::codec::Stored::restore(reader, stringify!($field))?; )+
                $( $(
                    let $later = if reader.has($schema) {
                        $crate::codec::Stored::restore(reader, stringify!($later))?
                    } else {
                        $crate::stored!(@before $($before)?)
                    };
                )+ )?
                Ok(Self { $($field,)+ $( $($later,)+ )? })
            }
        }

        impl $crate::codec::Element for $kind {}
    };
    ( @before ) => { Default::default() };
    ( @before $value:expr ) => { $value };
    ( enum $kind:ty {
        $( $tag:literal => $variant:ident
            $( { $($field:ident),+ $(,)? } )? $( ( $($part:ident),+ ) )? ),+ $(,)?
    } ) => {
        $crate::stored! { flat enum $kind {
            $( $tag => ( Self::$variant $( { $($field),+ } )? $( ( $($part),+ ) )? )
                [ $( $($field),+ )? $( $($part),+ )? ], )+
        } }
    };
    ( flat enum $kind:ty { $( $tag:literal => ( $($made:tt)+ ) [ $($part:ident),* ] ),+ $(,)? } ) => {
        impl $crate::codec::Stored for $kind {
            fn store(&self, writer: &mut $crate::codec::Writer) {
                match self {
                    $( $($made)+ => {
                        writer.u8($tag);
                        $( $crate::codec::Stored::store($part, writer); )*
                    } )+
                }
            }

            fn restore(
                reader: &mut $crate::codec::Reader<'_>,
                what: &'static str,
            ) -> Result<Self, $crate::codec::CodecError> {
                Ok(match reader.u8(what)? {
                    $( $tag => {
                        $( let $part = $crate::codec::Stored::restore(reader, stringify!($part))?; )*
                        $($made)+
                    } )+
                    other => return Err($crate::codec::CodecError::unknown(what, other)),
                })
            }
        }

        impl $crate::codec::Element for $kind {}
    };
}

/// Implements [`Stored`] for enums of stable codes: each value is stored as its code, by `code` and `from_code`.
#[macro_export]
macro_rules! stored_as_codes {
    ($( $kind:ty ),+ $(,)?) => {
        $(
            impl $crate::codec::Stored for $kind {
                fn store(&self, writer: &mut $crate::codec::Writer) {
                    writer.str(self.code());
                }

                fn restore(
                    reader: &mut $crate::codec::Reader<'_>,
                    what: &'static str,
                ) -> Result<Self, $crate::codec::CodecError> {
                    Self::from_code(reader.code(what)?)
                        .ok_or($crate::codec::CodecError::Invalid { what })
                }
            }

            impl $crate::codec::Element for $kind {}
        )+
    };
}

/// Implements [`Stored`] for simple types: how a value is written, and how it is read.
macro_rules! leaves {
    ($( $kind:ty: |$value:ident, $w:ident| $write:expr, |$r:ident, $what:ident| $read:expr; )+) => {
        $(
            impl Stored for $kind {
                fn store(&self, $w: &mut Writer) {
                    let $value = self;
                    $write;
                }

                fn restore($r: &mut Reader<'_>, $what: &'static str) -> Result<Self, CodecError> {
                    $read
                }
            }
        )+
    };
}

macro_rules! elements {
    ($( $kind:ty ),+ $(,)?) => { $( impl Element for $kind {} )+ };
}

macro_rules! newtypes {
    ($( $kind:ty ),+ $(,)?) => { $( crate::stored! { new $kind } )+ };
}

leaves! {
    u8: |it, w| w.u8(*it), |r, what| r.u8(what);
    u16: |it, w| w.u16(*it), |r, what| r.u16(what);
    u32: |it, w| w.u32(*it), |r, what| r.u32(what);
    u64: |it, w| w.u64(*it), |r, what| r.u64(what);
    i64: |it, w| w.i64(*it), |r, what| r.i64(what);
    u128: |it, w| w.u128(*it), |r, what| r.u128(what);
    bool: |it, w| w.bool(*it), |r, what| r.bool(what);
    String: |it, w| w.str(it), |r, what| r.str(what, TEXT_BYTES_MAX).map(str::to_owned);
    Vec<u8>: |it, w| w.bytes(it), |r, what| r.bytes(what, TEXT_BYTES_MAX).map(<[u8]>::to_vec);
    f32: |it, w| w.u32(it.to_bits()), |r, what| r.u32(what).map(Self::from_bits);
    Duration: |span, w| w.u64(span.as_millis()), |r, what| r.u64(what).map(Self::from_millis);
    Probability: |it, w| w.u32(it.parts_per_billion()),
        |r, what| r.u32(what).map(Self::from_parts_per_billion);
    Instants: |it, w| w.seq(it.as_slice().iter(), |w, at| at.store(w)),
        |r, what| Vec::restore(r, what).map(Self::from_stored);
    Date: |date, w| {
            w.u16(date.year());
            w.u8(date.month());
            w.u8(date.day())
        },
        |r, what| {
            let (year, month, day) = (r.u16(what)?, r.u8(what)?, r.u8(what)?);
            Self::new(year, month, day).ok_or(CodecError::Invalid { what })
        };
    SetKey: |key, w| w.seq(key.facts().iter(), |w, fact| fact.store(w)),
        |r, what| Vec::restore(r, what).map(Self::from_stored);
    SeenAtDesk: |seen, w| (seen.picture(), seen.cpr_proof(), seen.at()).store(w),
        |r, what| <(PictureDocument, Option<CprProof>, Timestamp)>::restore(r, what)
            .map(|(picture, proof, at)| Self::assume_verified(picture, proof, at));
    Witness: |witness, w| (witness.person(), witness.at()).store(w),
        |r, what| <(PersonId, Timestamp)>::restore(r, what)
            .map(|(person, at)| Self::assume_verified(person, at));
}

elements!(u16, u32, u64, i64, u128, String);

newtypes! {
    Id, LookupKey, Timestamp, KeyedHash,
    AppointmentId, CaseId, CentreId, ChannelId, CredentialId, EnrolmentId, ForeignDocumentId, GrantId, InstanceId, PCodeId,
    PersonId, QuestionSetId, ScreenId, SlotId, StaffId, TemporaryPinId, TicketId, VetoId,
}

stored_as_codes!(
    RefusalReason,
    FactKind,
    PictureDocument,
    CprProof,
    Role,
    Alarm,
    News,
    SecurityEvent,
);

stored! { enum AppointmentMessage { 0 => Booked, 1 => Moved, 2 => Cancelled, 3 => Reminder } }

// What a capture of a face asks for and saw.
stored! { struct Step { prompt, degrees, hold_millis } since 2 { light } }
stored! { struct Stance { turn, nearness } }
stored! { enum Prompt { 0 => LookStraight, 1 => TurnLeft, 2 => TurnRight, 3 => MoveCloser } }
stored! { enum Light { 0 => White, 1 => Blue, 2 => Green, 3 => Amber } }

impl<T: Stored> Stored for Option<T> {
    fn store(&self, w: &mut Writer) {
        w.option(self.as_ref(), |w, value| value.store(w));
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        r.option(what, |r| T::restore(r, what))
    }
}

impl<T: Element> Stored for Vec<T> {
    fn store(&self, w: &mut Writer) {
        w.seq(self.iter(), |w, value| value.store(w));
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        r.seq(what, SEQUENCE_MAX, |r| T::restore(r, what))
    }
}

impl<const N: usize> Stored for [u8; N] {
    fn store(&self, w: &mut Writer) {
        w.array(self);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        r.array(what)
    }
}

impl<const N: usize> Element for [u8; N] {}

impl<const N: usize> Stored for [u16; N] {
    fn store(&self, w: &mut Writer) {
        self.iter().for_each(|it| w.u16(*it));
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        let mut made = [0; N];
        for it in &mut made {
            *it = r.u16(what)?;
        }
        Ok(made)
    }
}

impl<T: Stored + Zeroize> Stored for Sensitive<T> {
    fn store(&self, w: &mut Writer) {
        self.expose().store(w);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        T::restore(r, what).map(Self::new)
    }
}

impl<T: Stored + Zeroize> Element for Sensitive<T> {}

impl<T: Stored + Zeroize> Stored for Zeroizing<T> {
    fn store(&self, w: &mut Writer) {
        (**self).store(w);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        T::restore(r, what).map(Self::new)
    }
}

impl<T: Stored> Stored for Box<T> {
    fn store(&self, w: &mut Writer) {
        (**self).store(w);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        T::restore(r, what).map(Self::new)
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn store(&self, w: &mut Writer) {
        self.0.store(w);
        self.1.store(w);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        Ok((A::restore(r, what)?, B::restore(r, what)?))
    }
}

impl<A: Stored, B: Stored> Element for (A, B) {}

impl<A: Stored, B: Stored, C: Stored> Stored for (A, B, C) {
    fn store(&self, w: &mut Writer) {
        self.0.store(w);
        self.1.store(w);
        self.2.store(w);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        Ok((A::restore(r, what)?, B::restore(r, what)?, C::restore(r, what)?))
    }
}

impl Reader<'_> {
    /// Reads a stable code.
    ///
    /// # Errors
    ///
    /// Too few bytes, a length over that of the longest code, or bytes that are not UTF-8.
    pub fn code(&mut self, what: &'static str) -> Result<&str, CodecError> {
        self.str(what, CODE_BYTES_MAX)
    }
}
