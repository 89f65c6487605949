//! The form of a policy file: its sections, their keys, and what each key takes.

use super::value::{
    Ladder, Light, Presence, ProfileName, SPAN_SECS_MAX, Secs, Setting, Texts, Weight, Within,
};
use recovery::policy::{
    AppointmentRules, CallerRules, CaseRules, ChainingRules, ChipFaceRules, ConductRules,
    DeskRules, EnrolmentRules, PCodeRules, PhoneRules, PinRules, Policy, QuestionRules,
    SelfServiceRules, TemporaryPinRules, VetoRules,
};
use serde::Deserialize;

/// A section: for each key the field of the rules that it overrides, its name in the file where that is another, and what it
/// takes.
macro_rules! section {
    ($form:ident of $rules:ty { $($field:ident $(in $key:literal)?: $kind:ty,)* }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, expecting = "a section of keys")]
        struct $form {
            $($(#[serde(rename = $key)])? $field: Option<$kind>,)*
        }

        impl Setting<$rules> for $form {
            fn put(self, rules: &mut $rules) {
                $(if let Some(given) = self.$field {
                    given.put(&mut rules.$field);
                })*
            }
        }
    };
}

/// A whole policy file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a policy")]
pub(super) struct Form {
    profile: Option<ProfileName>,
    pin: Option<Pin>,
    enrolment: Option<Enrolment>,
    case: Option<Case>,
    temporary_pin: Option<TemporaryPin>,
    p_code: Option<PCode>,
    chip_face: Option<ChipFace>,
    phone: Option<Phone>,
    questions: Option<Questions>,
    callers: Option<Callers>,
    desk: Option<Desk>,
    self_service: Option<SelfService>,
    chaining: Option<Chaining>,
    veto: Option<Veto>,
    appointments: Option<Appointments>,
    conduct: Option<Conduct>,
}

impl Form {
    /// The profile with what the file overrides; `None` where no profile is named.
    pub(super) fn policy(self) -> Option<Policy> {
        let mut policy = Policy::of(self.profile?.0);
        put(self.pin, &mut policy.pin);
        put(self.enrolment, &mut policy.enrolment);
        put(self.case, &mut policy.case);
        put(self.temporary_pin, &mut policy.temporary_pin);
        put(self.p_code, &mut policy.p_code);
        put(self.chip_face, &mut policy.chip_face);
        put(self.phone, &mut policy.phone);
        put(self.questions, &mut policy.questions);
        put(self.callers, &mut policy.callers);
        put(self.desk, &mut policy.desk);
        put(self.self_service, &mut policy.self_service);
        put(self.chaining, &mut policy.chaining);
        put(self.veto, &mut policy.veto);
        put(self.appointments, &mut policy.appointments);
        put(self.conduct, &mut policy.conduct);
        Some(policy)
    }
}

fn put<T>(section: Option<impl Setting<T>>, rules: &mut T) {
    if let Some(section) = section {
        section.put(rules);
    }
}

section! { Pin of PinRules {
    digits: Within<u8, 4, 12>,
    ladder: Ladder,
    ticket_lifetime in "ticket_lifetime_secs": Secs<5, 300>,
    grant_lifetime in "grant_lifetime_secs": Secs<60, 3_600>,
} }

section! { Enrolment of EnrolmentRules {
    code_chars: Within<u8, 8, 32>,
    code_lifetime in "code_lifetime_secs": Secs<60, SPAN_SECS_MAX>,
    tries_per_client_max: Within<u8, 1, 10>,
    tries_per_offer_max: Within<u8, 1, 100>,
    pause in "pause_secs": Secs<60, SPAN_SECS_MAX>,
    refused_per_hour_alarm: Within<u32, 1, 1_000_000>,
} }

section! { Case of CaseRules {
    open_max in "open_max_secs": Secs<60, 86_400>,
} }

section! { TemporaryPin of TemporaryPinRules {
    // At least 20 bits (OWASP ASVS 5 6.5), hence seven digits.
    digits: Within<u8, 7, 12>,
    lifetime in "lifetime_secs": Secs<60, 86_400>,
    tries_max: Within<u8, 1, 10>,
    issues_per_day_max: Within<u8, 1, 100>,
    issues_per_month_max: Within<u8, 1, 200>,
    phone_number_age_min in "phone_number_age_min_secs": Secs<0, SPAN_SECS_MAX>,
    sms: bool,
} }

section! { PCode of PCodeRules {
    digits: Within<u8, 7, 12>,
    lifetime in "lifetime_secs": Secs<60, SPAN_SECS_MAX>,
    uses_max: Within<u8, 1, 100>,
    wrong_pairings_per_day_max: Within<u8, 1, 10>,
} }

section! { ChipFace of ChipFaceRules {
    face_tries_max: Within<u8, 1, 20>,
    cases_per_day_max: Within<u8, 1, 100>,
    national_number_states: Texts,
    recorded_document_age_min in "recorded_document_age_min_secs": Secs<0, SPAN_SECS_MAX>,
    without_presence: Presence,
    liveness_required: bool,
    turn_degrees_max: Within<u8, 15, 25>,
    passive_pad_required: bool,
    uncovered_face_required: bool,
    coloured_light: Light,
    second_embedding_required: bool,
    read_by_server: bool,
} }

section! { Phone of PhoneRules {
    open: bool,
    // A failed call raises the bar for at most 24 h (PROTOCOLS.md 10).
    raised_bar_for in "raised_bar_for_secs": Secs<0, 86_400>,
    raised_bar_extra_answers: Within<u8, 0, 2>,
} }

section! { Questions of QuestionRules {
    weight: Weight,
    asked: Within<u8, 1, 6>,
    right_min: Within<u8, 1, 5>,
    spare: Within<u8, 0, 2>,
    fact_age_min in "fact_age_min_secs": Secs<0, SPAN_SECS_MAX>,
    set_rest in "set_rest_secs": Secs<0, SPAN_SECS_MAX>,
    stranger_one_in_min: Within<u32, 10, 1_000_000_000>,
    wallet_thief_one_in_min: Within<u32, 10, 1_000_000_000>,
    name_edits_max: Within<u8, 0, 3>,
} }

section! { Callers of CallerRules {
    agent_unknown_numbers_max: Within<u32, 1, 10_000>,
    centre_unknown_numbers_max: Within<u32, 1, 10_000>,
    centre_unknown_permille_max: Within<u32, 0, 1_000>,
    alarm_percent: Within<u32, 1, 100>,
    window in "window_secs": Secs<3_600, { 30 * 86_400 }>,
} }

section! { Desk of DeskRules {
    questions_asked: bool,
    chip_is_second_proof: bool,
    witness_age_min_years: Within<u8, 15, 99>,
    witness_eid_age_min in "witness_eid_age_min_secs": Secs<0, SPAN_SECS_MAX>,
    witness_uses_max: Within<u8, 0, 100>,
    witness_window in "witness_window_secs": Secs<86_400, SPAN_SECS_MAX>,
    codes_shown_per_clerk_per_day_max: Within<u8, 0, 100>,
} }

section! { Conduct of ConductRules {
    sample_permille: Within<u16, 0, 1_000>,
} }

section! { SelfService of SelfServiceRules {
    open: bool,
    wait in "wait_secs": Secs<3_600, { 30 * 86_400 }>,
} }

section! { Chaining of ChainingRules {
    window in "window_secs": Secs<0, { 365 * 86_400 }>,
} }

section! { Veto of VetoRules {
    link_lifetime in "link_lifetime_secs": Secs<86_400, SPAN_SECS_MAX>,
    freeze_min in "freeze_min_secs": Secs<0, SPAN_SECS_MAX>,
    second_veto_window in "second_veto_window_secs": Secs<0, SPAN_SECS_MAX>,
    removed_channels_notified_for in "removed_channels_notified_for_secs": Secs<0, SPAN_SECS_MAX>,
} }

section! { Appointments of AppointmentRules {
    reminder_before in "reminder_before_secs": Secs<0, SPAN_SECS_MAX>,
    bookable_ahead_max in "bookable_ahead_max_secs": Secs<3_600, SPAN_SECS_MAX>,
    bookable_until in "bookable_until_secs": Secs<0, SPAN_SECS_MAX>,
    check_in_early_max in "check_in_early_max_secs": Secs<0, 86_400>,
    check_in_late_max in "check_in_late_max_secs": Secs<0, 86_400>,
    open_bookings_per_contact_max: Within<u8, 1, 100>,
    // A cap on text messages is at most what the count of one hour can hold.
    sms_per_number_per_day_max: Within<u16, 0, 65_535>,
    sms_per_range_per_day_max: Within<u16, 0, 65_535>,
    sms_abroad_per_range_per_day_max: Within<u16, 0, 65_535>,
    home_prefixes: Texts,
} }
