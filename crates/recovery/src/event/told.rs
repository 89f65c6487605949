//! The name of a journal entry, its public coarse type, and its fields: one row of a table for each event.

use crate::alarm::Alarm;
use crate::route::{RefusalReason, Route};
use crate::time::Timestamp;

crate::codes! {
    /// The coarse type of an entry: all that stands in the row in clear beside ids and time. The public log shows hashes alone
    /// (PROTOCOLS.md section 13).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Coarse {
        App => "app",
        Case => "case",
        Code => "code",
        Limit => "limit",
        Veto => "veto",
        Person => "person",
        Appointment => "appointment",
        Operation => "operation",
        Staff => "staff",
    }
}

/// The value of one field of a journal entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The field has no value.
    None,
    Id(u128),
    Number(i64),
    /// An instant in milliseconds since 1970.
    Instant(i64),
    Digest([u8; 32]),
    Code(&'static str),
    Codes(Vec<&'static str>),
    Text(String),
}

/// The fields of a journal entry, in order.
pub(super) type Fields = Vec<(&'static str, Value)>;

/// How a value becomes fields of a journal entry: one field under the name that it has in the event, or several under
/// names of their own.
pub(super) trait Told {
    fn tell(&self, name: &'static str, fields: &mut Fields);
}

/// Makes an enum of events from a table, with the name, the coarse type and the fields of each. The fields are sealed
/// and hashed as bytes: their names and order are those of the table.
macro_rules! journal_events {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(
                $(#[$row:meta])*
                $event:ident $( { $( $(#[$doc:meta])* $field:ident: $kind:ty ),+ $(,)? } )? => $code:literal in $coarse:ident,
            )+
        }
    ) => {
        $(#[$meta])*
        pub enum $name {
            $( $(#[$row])* $event $( { $( $(#[$doc])* $field: $kind ),+ } )?, )+
        }

        impl $name {
            /// The stable name of the event.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self {
                    $( Self::$event { .. } => $code, )+
                }
            }

            /// The coarse type: all that the row shows of the event.
            #[must_use]
            pub const fn coarse(&self) -> Coarse {
                match self {
                    $( Self::$event { .. } => Coarse::$coarse, )+
                }
            }

            /// The fields of the entry, by name.
            #[must_use]
            pub fn fields(&self) -> Vec<(&'static str, Value)> {
                let mut fields = Vec::new();
                match self {
                    $( Self::$event $( { $( $field ),+ } )? => {
                        $( $( told::Told::tell($field, stringify!($field), &mut fields); )+ )?
                    } )+
                }
                fields
            }
        }
    };
}

/// Says how values of each type become a field.
macro_rules! told {
    ($( $kind:ty => |$value:ident| $made:expr; )+) => {
        $( impl Told for $kind {
            fn tell(&self, name: &'static str, fields: &mut Fields) {
                let $value = self;
                fields.push((name, $made));
            }
        } )+
    };
}

told! {
    crate::id::AppointmentId => |id| Value::Id(id.0);
    crate::id::CaseId => |id| Value::Id(id.0);
    crate::id::CentreId => |id| Value::Id(id.0);
    crate::id::EnrolmentId => |id| Value::Id(id.0);
    crate::id::ForeignDocumentId => |id| Value::Id(id.0);
    crate::id::GrantId => |id| Value::Id(id.0);
    crate::id::InstanceId => |id| Value::Id(id.0);
    crate::id::PCodeId => |id| Value::Id(id.0);
    crate::id::PersonId => |id| Value::Id(id.0);
    crate::id::ScreenId => |id| Value::Id(id.0);
    crate::id::StaffId => |id| Value::Id(id.0);
    crate::id::TemporaryPinId => |id| Value::Id(id.0);
    crate::id::TicketId => |id| Value::Id(id.0);
    crate::id::VetoId => |id| Value::Id(id.0);
    u128 => |id| Value::Id(*id);
    bool => |it| Value::Number(i64::from(*it));
    u8 => |it| Value::Number(i64::from(*it));
    u16 => |it| Value::Number(i64::from(*it));
    u32 => |it| Value::Number(i64::from(*it));
    u64 => |it| Value::Number(i64::try_from(*it).unwrap_or(i64::MAX));
    i64 => |it| Value::Number(*it);
    Timestamp => |at| Value::Instant(at.0);
    [u8; 32] => |digest| Value::Digest(*digest);
    &'static str => |code| Value::Code(code);
    Vec<&'static str> => |codes| Value::Codes(codes.clone());
    String => |text| Value::Text(text.clone());
    Route => |route| Value::Code(route.code());
    RefusalReason => |reason| Value::Code(reason.code());
    Alarm => |alarm| Value::Code(alarm.code());
}

impl<T: Told> Told for Option<T> {
    fn tell(&self, name: &'static str, fields: &mut Fields) {
        match self {
            Some(value) => value.tell(name, fields),
            None => fields.push((name, Value::None)),
        }
    }
}

/// What a comparison of faces measured and with which models: enough to justify the outcome years later, and to find
/// every decision of a model that turns out to be wrong.
impl Told for face::Comparison {
    fn tell(&self, _: &'static str, fields: &mut Fields) {
        fields.extend(verdict(self));
    }
}

fn verdict(comparison: &face::Comparison) -> [(&'static str, Value); 11] {
    let scores = comparison.scores();
    let (liveness, failed) = match comparison.liveness() {
        face::Liveness::NotChecked => ("not-checked", Vec::new()),
        face::Liveness::Passed => ("passed", Vec::new()),
        face::Liveness::Failed(reasons) => {
            ("failed", reasons.iter().map(|reason| reason.code()).collect())
        }
    };
    let reason = match comparison.result() {
        face::FaceResult::TryAgain(reason) => Value::Code(reason.code()),
        face::FaceResult::Match | face::FaceResult::NoMatch => Value::None,
    };
    let score = |score: face::Score| Value::Text(score.to_string());
    let each: Vec<String> =
        scores.embeddings.iter().map(|(name, score)| format!("{name}={score}")).collect();
    let models: Vec<String> = comparison.models().iter().map(model).collect();
    let missing = comparison.missing().iter().map(|missing| missing.code()).collect();
    let covered = comparison.covered().iter().map(|covering| covering.code()).collect();
    [
        ("outcome", Value::Code(comparison.result().code())),
        ("reason", reason),
        ("liveness", Value::Code(liveness)),
        ("liveness_reasons", Value::Codes(failed)),
        ("score", scores.fused.map_or(Value::None, score)),
        ("scores", Value::Text(each.join(","))),
        ("passive_check", scores.pad.map_or(Value::None, score)),
        ("models", Value::Text(models.join(","))),
        ("missing", Value::Codes(missing)),
        ("covered", Value::Codes(covered)),
        ("light", comparison.light().map_or(Value::None, |light| Value::Code(light.code()))),
    ]
}

fn model(id: &face::ModelId) -> String {
    format!("{}:{}", id.name, hex::encode(id.sha256))
}
