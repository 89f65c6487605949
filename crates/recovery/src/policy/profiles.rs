//! The values that a policy file starts from.

use crate::time::Duration;

use super::{
    AppointmentRules, CallerRules, CaseRules, ChainingRules, ChipFaceRules, ColouredLight,
    ConductRules, Consequence, DeskRules, EnrolmentRules, PCodeRules, PhoneRules, PinRules, Policy,
    Profile, QuestionRules, QuestionWeight, Rung, SelfServiceRules, TemporaryPinRules, VetoRules,
    WithoutPresence,
};

impl Policy {
    /// The unchanged values of a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        let mut policy = public_service();
        policy.profile = profile;
        match profile {
            Profile::PublicService => {}
            Profile::NistAal2 => {
                policy.temporary_pin.lifetime = Duration::from_mins(10);
                policy.questions.weight = QuestionWeight::RefuseOnly;
                policy.desk.questions_asked = false;
                policy.desk.chip_is_second_proof = true;
                policy.chip_face.without_presence = WithoutPresence::Refused;
                policy.chip_face.uncovered_face_required = true;
            }
            Profile::Strict => {
                policy.temporary_pin.lifetime = Duration::from_mins(10);
                policy.temporary_pin.sms = false;
                policy.phone.open = false;
                policy.self_service.open = false;
                policy.questions.weight = QuestionWeight::NotUsed;
                policy.desk.questions_asked = false;
                policy.desk.chip_is_second_proof = true;
                policy.chip_face.without_presence = WithoutPresence::Refused;
                policy.chip_face.uncovered_face_required = true;
            }
        }
        policy
    }
}

/// SERVICE.md section 2 to 5, PROTOCOLS.md 3 to 12.
fn public_service() -> Policy {
    let lock = |wrong, span| Rung { wrong, consequence: Consequence::Lock(span) };
    Policy {
        profile: Profile::PublicService,
        pin: PinRules {
            digits: 6,
            ladder: vec![
                lock(3, Duration::from_mins(3)),
                lock(6, Duration::from_hours(1)),
                Rung { wrong: 9, consequence: Consequence::Block },
            ],
            ticket_lifetime: Duration::from_secs(30),
            grant_lifetime: Duration::from_mins(10),
        },
        enrolment: enrolment(),
        case: CaseRules { open_max: Duration::from_hours(1) },
        temporary_pin: temporary_pin(),
        p_code: PCodeRules {
            digits: 8,
            lifetime: Duration::from_days(60),
            uses_max: 3,
            wrong_pairings_per_day_max: 3,
        },
        chip_face: chip_face(),
        phone: PhoneRules {
            open: true,
            raised_bar_for: Duration::from_hours(24),
            raised_bar_extra_answers: 1,
        },
        questions: questions(),
        callers: CallerRules {
            agent_unknown_numbers_max: 5,
            centre_unknown_numbers_max: 20,
            centre_unknown_permille_max: 20,
            alarm_percent: 80,
            window: Duration::from_hours(24),
        },
        desk: DeskRules {
            questions_asked: true,
            chip_is_second_proof: false,
            witness_age_min_years: 18,
            witness_eid_age_min: Duration::from_days(30),
            witness_uses_max: 3,
            witness_window: Duration::from_days(120),
            codes_shown_per_clerk_per_day_max: 10,
        },
        self_service: SelfServiceRules { open: true, wait: Duration::from_hours(24) },
        chaining: ChainingRules { window: Duration::from_hours(48) },
        veto: VetoRules {
            link_lifetime: Duration::from_days(7),
            freeze_min: Duration::from_hours(24),
            second_veto_window: Duration::from_days(30),
            removed_channels_notified_for: Duration::from_days(30),
        },
        appointments: appointments(),
        conduct: ConductRules { sample_permille: 20 },
    }
}

fn temporary_pin() -> TemporaryPinRules {
    TemporaryPinRules {
        digits: 8,
        lifetime: Duration::from_mins(30),
        tries_max: 3,
        issues_per_day_max: 3,
        issues_per_month_max: 10,
        phone_number_age_min: Duration::from_hours(120),
        sms: true,
    }
}

fn chip_face() -> ChipFaceRules {
    ChipFaceRules {
        face_tries_max: 3,
        cases_per_day_max: 3,
        recorded_document_age_min: Duration::from_hours(120),
        national_number_states: vec!["DNK".into(), "GRL".into(), "FRO".into()],
        without_presence: WithoutPresence::OncePerDocument {
            period: Duration::from_days(365),
            status_age_max: Duration::from_hours(24),
        },
        liveness_required: true,
        turn_degrees_max: 25,
        passive_pad_required: false,
        uncovered_face_required: false,
        coloured_light: ColouredLight::Noted,
        second_embedding_required: false,
        read_by_server: false,
    }
}

fn questions() -> QuestionRules {
    QuestionRules {
        weight: QuestionWeight::Decide,
        asked: 3,
        right_min: 2,
        spare: 1,
        fact_age_min: Duration::from_days(30),
        set_rest: Duration::from_days(90),
        stranger_one_in_min: 10_000,
        wallet_thief_one_in_min: 1_000,
        name_edits_max: 1,
    }
}

fn appointments() -> AppointmentRules {
    AppointmentRules {
        reminder_before: Duration::from_hours(24),
        bookable_ahead_max: Duration::from_days(60),
        bookable_until: Duration::from_mins(15),
        check_in_early_max: Duration::from_mins(60),
        check_in_late_max: Duration::from_mins(30),
        open_bookings_per_contact_max: 2,
        sms_per_number_per_day_max: 6,
        sms_per_range_per_day_max: 200,
        sms_abroad_per_range_per_day_max: 20,
        home_prefixes: ["+45", "+298", "+299"].map(str::to_owned).to_vec(),
    }
}

fn enrolment() -> EnrolmentRules {
    EnrolmentRules {
        code_chars: 8,
        code_lifetime: Duration::from_hours(48),
        tries_per_client_max: 3,
        tries_per_offer_max: 20,
        pause: Duration::from_hours(1),
        refused_per_hour_alarm: 1_000,
    }
}
