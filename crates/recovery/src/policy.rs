//! The policy: every number of the service, as one value that is handed to each decision.
//!
//! The defaults are those of SERVICE.md sections 2 to 4. The profiles differ in few values; a policy file, which `server`
//! reads, overrides any of them.

mod profiles;
mod validate;

#[cfg(test)]
mod tests;

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

/// A named set of values that a policy starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The values of SERVICE.md.
    PublicService,
    /// NIST SP 800-63B-4 at assurance level 2: questions never decide.
    NistAal2,
    /// Chip + face or a visit only; no text messages.
    Strict,
}

/// The person's own PIN, and the ladder of wrong PINs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinRules {
    pub digits: u8,
    /// The rungs in ascending order; the last one blocks the app instance.
    pub ladder: Vec<Rung>,
    /// How long a reserved try may wait for its outcome before it counts as wrong.
    pub ticket_lifetime: Duration,
    /// How long a grant can be used to choose a new PIN.
    pub grant_lifetime: Duration,
}

/// What happens at the n-th consecutive wrong PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rung {
    /// The number of consecutive wrong PINs, n.
    pub wrong: u8,
    pub consequence: Consequence,
}

/// What a [`Rung`] does to the app instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consequence {
    /// No PIN can be tried for this long.
    Lock(Duration),
    /// No PIN can be tried until a recovery sets a new one.
    Block,
}

/// The activation code of an enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentRules {
    pub code_chars: u8,
    pub code_lifetime: Duration,
    /// How many wrong codes one client may try at one offer before that client is paused.
    pub tries_per_client_max: u8,
    /// How many wrong codes all clients may try at one offer before the offer is paused.
    pub tries_per_offer_max: u8,
    /// How long a pause lasts, from the last wrong code on.
    pub pause: Duration,
    /// How many activations may be refused in an hour, in the whole service, before the operator is alerted and every
    /// further one is delayed.
    pub refused_per_hour_alarm: u32,
}

/// Rules for a case of any route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRules {
    /// How long a case may stay open before it has led to a temporary PIN or a grant.
    pub open_max: Duration,
}

/// The temporary PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryPinRules {
    pub digits: u8,
    pub lifetime: Duration,
    /// How many wrong tries each bound app has.
    pub tries_max: u8,
    /// How many temporary PINs a person may be issued in 24 hours, on all routes together.
    pub issues_per_day_max: u8,
    /// How many temporary PINs a person may be issued in 30 days, on all routes together.
    pub issues_per_month_max: u8,
    /// How long a phone number must have been registered unchanged before a temporary PIN is sent to it.
    pub phone_number_age_min: Duration,
    /// Whether temporary PINs may be sent by text message at all.
    pub sms: bool,
}

/// The P code of people whose document carries no national number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PCodeRules {
    pub digits: u8,
    pub lifetime: Duration,
    /// How many identifications may be completed with one code.
    pub uses_max: u8,
    /// How many wrong P codes one app instance may try in 24 hours.
    pub wrong_pairings_per_day_max: u8,
}

/// The chip + face route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipFaceRules {
    /// How many comparisons of faces one case allows.
    pub face_tries_max: u8,
    /// How many chip + face cases a person may open in 24 hours.
    pub cases_per_day_max: u8,
    /// The issuing states whose documents carry the Danish national number, three letters each.
    pub national_number_states: Vec<String>,
    /// How long a foreign document must have been recorded as the person's before it counts.
    pub recorded_document_age_min: Duration,
    /// What a chip that cannot prove its presence allows.
    pub without_presence: WithoutPresence,
    /// Whether the check that the face is alive must have been made; only the sandbox may go without.
    pub liveness_required: bool,
    /// The furthest turn of the head that a person may be asked for, in degrees as the detector measures them.
    pub turn_degrees_max: u8,
    /// Whether the passive presentation-attack check must have been made.
    pub passive_pad_required: bool,
    /// Whether a face with a mask or sunglasses is rejected.
    pub uncovered_face_required: bool,
    /// How the coloured light of the phone's screen is used.
    pub coloured_light: ColouredLight,
    /// Whether two independent face embeddings must have been compared.
    pub second_embedding_required: bool,
    /// Whether only a chip that the server has read through the relay counts, and no reading by a phone.
    pub read_by_server: bool,
}

/// How the coloured light of the phone's screen is used. A policy that does not use it has no cost from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColouredLight {
    /// No coloured light is shown.
    Off,
    /// Whether the light shows on the face is recorded with the verdict and decides nothing.
    Noted,
    /// Where the light was shown, it must show on the face.
    Decides,
}

/// What a chip without proof of presence allows (PROTOCOLS.md 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WithoutPresence {
    /// No recovery.
    Refused,
    /// One recovery per document in `period`, with a document status that is younger than `status_age_max`.
    OncePerDocument { period: Duration, status_age_max: Duration },
}

/// The phone route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneRules {
    pub open: bool,
    /// How long a failed call raises the number of right answers that the next call needs.
    pub raised_bar_for: Duration,
    /// How many more right answers a call needs while the bar is raised.
    pub raised_bar_extra_answers: u8,
}

/// The questions from the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionRules {
    pub weight: QuestionWeight,
    /// How many questions a set has: `right_min` and `spare` together.
    pub asked: u8,
    /// How many right answers are enough.
    pub right_min: u8,
    /// How many further questions may make up for wrong answers.
    pub spare: u8,
    /// How long a fact must have been in the register before it is asked about.
    pub fact_age_min: Duration,
    /// How long a set that was used is not drawn again for the same person.
    pub set_rest: Duration,
    /// A stranger's guess at a whole set must succeed less often than once in so many tries.
    pub stranger_one_in_min: u32,
    /// A wallet thief's guess at a whole set must succeed less often than once in so many tries.
    pub wallet_thief_one_in_min: u32,
    /// How many letters of a name may be wrong (edit distance).
    pub name_edits_max: u8,
}

/// What right answers to register questions decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuestionWeight {
    /// Right answers suffice, together with the bound app and the age of the phone number.
    Decide,
    /// Wrong answers refuse, but right answers do not suffice (SP 800-63A-4 2.5.1).
    RefuseOnly,
    /// No register questions are asked.
    NotUsed,
}

/// Limits on calls about unknown document numbers (PROTOCOLS.md 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerRules {
    pub agent_unknown_numbers_max: u32,
    pub centre_unknown_numbers_max: u32,
    /// The share of a centre's calls, in thousandths, that may be about unknown document numbers.
    pub centre_unknown_permille_max: u32,
    /// The share of a limit, in percent, at which an alarm is raised.
    pub alarm_percent: u32,
    /// The sliding window in which calls are counted.
    pub window: Duration,
}

/// The Citizen Service desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskRules {
    /// Whether register questions can identify a person at the desk.
    pub questions_asked: bool,
    /// Whether a chip that proved its presence at the desk can take the place of questions or a witness.
    pub chip_is_second_proof: bool,
    pub witness_age_min_years: u8,
    pub witness_eid_age_min: Duration,
    /// How often one person may be a witness within `witness_window`.
    pub witness_uses_max: u8,
    pub witness_window: Duration,
    /// How many temporary PINs one clerk may have shown on a screen or printed in 24 hours.
    pub codes_shown_per_clerk_per_day_max: u8,
}

/// How the conduct of staff is reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConductRules {
    /// How many cases in a thousand are drawn for review by a second member of staff; twice as many where a member of
    /// staff works on a declared list.
    pub sample_permille: u16,
}

/// The self-service route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfServiceRules {
    pub open: bool,
    /// How long the person waits for the temporary PIN; the wait can be stopped by a veto link.
    pub wait: Duration,
}

/// What a recent recovery demands of the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainingRules {
    /// How long after a recovery the next one needs stronger or other evidence.
    pub window: Duration,
}

/// Notices, and the veto links that they carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VetoRules {
    pub link_lifetime: Duration,
    /// How long a freeze by a veto link lasts at least before chip + face may end it.
    pub freeze_min: Duration,
    /// After a second veto within this span, only a visit ends the freeze.
    pub second_veto_window: Duration,
    /// How long a removed channel still gets notices.
    pub removed_channels_notified_for: Duration,
}

/// Visits to a centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppointmentRules {
    /// How long before a booked visit its reminder is sent.
    pub reminder_before: Duration,
    pub bookable_ahead_max: Duration,
    /// How long before a slot begins it stops being bookable, and a booking stops being movable to it.
    pub bookable_until: Duration,
    /// How early a person may be checked in before the booked time.
    pub check_in_early_max: Duration,
    /// How late a person may be checked in after the booked time.
    pub check_in_late_max: Duration,
    pub open_bookings_per_contact_max: u8,
    /// How many text messages about bookings may go to one phone number in 24 hours.
    pub sms_per_number_per_day_max: u16,
    /// How many text messages about bookings may go to one block of domestic phone numbers in 24 hours.
    pub sms_per_range_per_day_max: u16,
    /// How many text messages about bookings may go to one foreign country in 24 hours.
    pub sms_abroad_per_range_per_day_max: u16,
    /// The prefixes of domestic phone numbers.
    pub home_prefixes: Vec<String>,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 3] = [Self::PublicService, Self::NistAal2, Self::Strict];

    /// The name of the profile in a policy file.
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
    /// What happens at the `wrong`-th consecutive wrong PIN; `None` where nothing does.
    #[must_use]
    pub fn consequence_of(&self, wrong: u8) -> Option<Consequence> {
        let last = self.ladder.last()?;
        if wrong >= last.wrong {
            return Some(last.consequence);
        }
        self.ladder.iter().find(|rung| rung.wrong == wrong).map(|rung| rung.consequence)
    }
}

/// A sliding window of 24 hours.
pub const DAY: Duration = Duration::from_days(1);

/// A sliding window of 30 days.
pub const MONTH: Duration = Duration::from_days(30);
