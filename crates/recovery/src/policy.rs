//! Every number of the service, as one value that is handed to each decision.
//!
//! The defaults are SERVICE.md section 2 to 4. Profiles differ in few values; a file overrides any.

mod explain;
mod load;
mod profiles;
mod validate;

#[cfg(test)]
mod tests;

pub use explain::{Language, explain};
pub use load::{LoadError, load};
pub use validate::Problem;

use crate::time::Duration;

/// The rules in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The profile that the values started from.
    pub profile: Profile,
    pub pin: PinRules,
    pub enrolment: EnrolmentRules,
    pub case: CaseRules,
    pub temporary_pin: TemporaryPinRules,
    pub p_code: PCodeRules,
    pub chip_face: ChipFaceRules,
    pub phone: PhoneRules,
    pub questions: QuestionRules,
    pub callers: CallerRules,
    pub desk: DeskRules,
    pub self_service: SelfServiceRules,
    pub chaining: ChainingRules,
    pub veto: VetoRules,
    pub appointments: AppointmentRules,
    pub conduct: ConductRules,
}

/// Where a policy starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The values of SERVICE.md.
    PublicService,
    /// NIST SP 800-63B-4 at assurance level 2: questions never decide.
    NistAal2,
    /// Chip + face or in person only; no SMS.
    Strict,
}

/// The person's own PIN and its ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinRules {
    pub digits: u8,
    /// Ascending; the last one blocks.
    pub ladder: Vec<Rung>,
    /// How long a reserved try may wait for its outcome.
    pub ticket_lifetime: Duration,
    /// How long a grant lets a new PIN be chosen.
    pub grant_lifetime: Duration,
}

/// What the so-manieth wrong PIN in a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rung {
    pub wrong: u8,
    pub consequence: Consequence,
}

/// See [`Rung`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consequence {
    /// Locked for a while.
    Lock(Duration),
    /// Blocked until recovered.
    Block,
}

/// The activation code of an enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentRules {
    pub code_chars: u8,
    pub code_lifetime: Duration,
    /// Wrong codes of one client at one offer before that client pauses.
    pub tries_per_client_max: u8,
    /// Wrong codes of all clients at one offer before the offer pauses.
    pub tries_per_offer_max: u8,
    /// How long a pause lasts, counted from the last wrong code.
    pub pause: Duration,
    /// Refused activations in an hour, at the whole service, from which on the operator is alarmed and every further one waits.
    pub refused_per_hour_alarm: u32,
}

/// What holds for a case on any route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRules {
    /// How long a case may stay open before it has led to a code or grant.
    pub open_max: Duration,
}

/// The temporary PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryPinRules {
    pub digits: u8,
    pub lifetime: Duration,
    pub tries_max: u8,
    pub issues_per_day_max: u8,
    pub issues_per_month_max: u8,
    /// How long a phone number must have been registered unchanged.
    pub phone_number_age_min: Duration,
    /// Whether a code may go out by SMS at all.
    pub sms: bool,
}

/// The P code of foreigners without a national number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PCodeRules {
    pub digits: u8,
    pub lifetime: Duration,
    pub uses_max: u8,
    pub wrong_pairings_per_day_max: u8,
}

/// The chip + face route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipFaceRules {
    pub face_tries_max: u8,
    pub cases_per_day_max: u8,
    /// The issuing states whose documents carry the national number, three letters each.
    pub national_number_states: Vec<String>,
    /// How long a foreign document must have been recorded as the person's before it counts.
    pub recorded_document_age_min: Duration,
    /// What a chip buys that cannot prove that it is here.
    pub without_presence: WithoutPresence,
    /// Whether an unchecked liveness is accepted: the sandbox only.
    pub liveness_required: bool,
    /// The furthest turn of the head that is drawn, in degrees as the detector measures them.
    pub turn_degrees_max: u8,
    /// Whether the passive presentation-attack check must have been there.
    pub passive_pad_required: bool,
    /// Whether a face with a mask or sunglasses counts for nothing.
    pub uncovered_face_required: bool,
    /// What the coloured light of the phone's screen is for.
    pub coloured_light: ColouredLight,
    /// Whether two independent embeddings must have compared.
    pub second_embedding_required: bool,
    /// Whether the server reads the chip, through a relay, and takes no reading by a phone.
    pub read_by_server: bool,
}

/// What the coloured light of the phone's screen is for. Whoever wants none of it has none, at no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColouredLight {
    /// None is shown.
    Off,
    /// Whether it shows on the face is noted with the verdict.
    Noted,
    /// Where it was shown it has to show on the face.
    Decides,
}

/// What a chip without proof of presence buys (PROTOCOLS.md 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WithoutPresence {
    /// Nothing.
    Refused,
    /// One recovery per document in `period`, with a document status younger than `status_age_max`.
    OncePerDocument { period: Duration, status_age_max: Duration },
}

/// The phone route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneRules {
    pub open: bool,
    /// How long a failed call raises the bar of the next.
    pub raised_bar_for: Duration,
    /// How many more right answers a raised bar asks for.
    pub raised_bar_extra_answers: u8,
}

/// The questions from the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionRules {
    pub weight: QuestionWeight,
    pub asked: u8,
    pub right_min: u8,
    pub spare: u8,
    pub fact_age_min: Duration,
    pub set_rest: Duration,
    /// A stranger's guess at a whole set succeeds less than once in so many tries.
    pub stranger_one_in_min: u32,
    /// A wallet thief's likewise.
    pub wallet_thief_one_in_min: u32,
    /// The edit distance that a name is forgiven.
    pub name_edits_max: u8,
}

/// What answers are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuestionWeight {
    /// They decide, together with the bound app and the age of the number.
    Decide,
    /// They can only refuse (SP 800-63A-4 2.5.1).
    RefuseOnly,
    /// They are not asked.
    NotUsed,
}

/// Limits against probing by phone (PROTOCOLS.md 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerRules {
    pub agent_unknown_numbers_max: u32,
    pub centre_unknown_numbers_max: u32,
    pub centre_unknown_permille_max: u32,
    /// Share of a limit, in percent, at which an alarm goes out.
    pub alarm_percent: u32,
    pub window: Duration,
}

/// The Citizen Service desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskRules {
    /// Whether register questions identify a person at the desk.
    pub questions_asked: bool,
    /// Whether a chip that proved its presence at the desk stands in for questions or witness.
    pub chip_is_second_proof: bool,
    pub witness_age_min_years: u8,
    pub witness_eid_age_min: Duration,
    pub witness_uses_max: u8,
    pub witness_window: Duration,
    /// Codes that one clerk may have shown on a screen or printed in 24 hours.
    pub codes_shown_per_clerk_per_day_max: u8,
}

/// How staff are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConductRules {
    /// How many of a thousand cases are drawn for a look by a second member of staff; twice as many where a member works
    /// on a declared list.
    pub sample_permille: u16,
}

/// The self-service route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfServiceRules {
    pub open: bool,
    /// The wait that can be vetoed.
    pub wait: Duration,
}

/// What follows a recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainingRules {
    pub window: Duration,
}

/// Notices and the link that stops a recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VetoRules {
    pub link_lifetime: Duration,
    /// How soon chip + face may end a freeze by veto.
    pub freeze_min: Duration,
    /// Within this a second veto is ended in person only.
    pub second_veto_window: Duration,
    /// How long a removed channel still gets notices.
    pub removed_channels_notified_for: Duration,
}

/// Visits to a centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppointmentRules {
    pub reminder_before: Duration,
    pub bookable_ahead_max: Duration,
    /// How long before its begin a slot stops being bookable or movable.
    pub bookable_until: Duration,
    /// How early and how late a person may be checked in.
    pub check_in_early_max: Duration,
    pub check_in_late_max: Duration,
    pub open_bookings_per_contact_max: u8,
    /// Text messages to one number in 24 hours, from bookings.
    pub sms_per_number_per_day_max: u16,
    /// Text messages to one block of numbers at home in 24 hours.
    pub sms_per_range_per_day_max: u16,
    /// Text messages to one country abroad in 24 hours.
    pub sms_abroad_per_range_per_day_max: u16,
    /// What the numbers at home begin with.
    pub home_prefixes: Vec<String>,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 3] = [Self::PublicService, Self::NistAal2, Self::Strict];

    /// Its name in a policy file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublicService => "public-service",
            Self::NistAal2 => "nist-aal2",
            Self::Strict => "strict",
        }
    }
}

impl PinRules {
    /// What the `wrong`-th wrong PIN in a row does, if anything.
    #[must_use]
    pub fn consequence_of(&self, wrong: u8) -> Option<Consequence> {
        let last = self.ladder.last()?;
        if wrong >= last.wrong {
            return Some(last.consequence);
        }
        self.ladder.iter().find(|rung| rung.wrong == wrong).map(|rung| rung.consequence)
    }
}

/// A window of 24 hours, sliding.
pub const DAY: Duration = Duration::from_days(1);

/// A window of 30 days, sliding.
pub const MONTH: Duration = Duration::from_days(30);
