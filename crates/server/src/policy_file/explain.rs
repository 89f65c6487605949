//! Every rule in force as a sentence, for the people who answer for the policy.

use super::words::{Sentence, Words, WordsError, sentence};
use recovery::policy::{
    AppointmentRules, ChipFaceRules, ColouredLight, ConductRules, Consequence, DeskRules,
    PCodeRules, PinRules, Policy, QuestionWeight, SelfServiceRules, TemporaryPinRules,
    WithoutPresence,
};

/// Explains every rule in force, one sentence each, in the language of a BCP 47 tag; in English where there is no file of that
/// language.
///
/// # Errors
///
/// [`WordsError`] where the file of the language cannot be read or lacks a sentence, which a test excludes.
pub fn explain(policy: &Policy, language: &str) -> Result<Vec<String>, WordsError> {
    let words = Words::of(language)?;
    sentences(policy).iter().map(|sentence| words.say(sentence)).collect()
}

/// The sentences about a policy, in their order.
pub(super) fn sentences(policy: &Policy) -> Vec<Sentence> {
    let mut said = vec![sentence("profile").with("profile", policy.profile.name())];
    said.extend(pin(&policy.pin));
    said.extend(temporary_pin(&policy.temporary_pin));
    said.push(p_code(&policy.p_code));
    said.extend(chip_face(&policy.chip_face));
    said.extend(phone(policy));
    said.extend(desk(&policy.desk));
    said.push(conduct(&policy.conduct));
    said.push(bookings(&policy.appointments));
    said.push(self_service(&policy.self_service));
    said.extend(afterwards(policy));
    said
}

fn pin(rules: &PinRules) -> Vec<Sentence> {
    let mut said = vec![sentence("pin-digits").with("digits", rules.digits)];
    said.extend(rules.ladder.iter().map(|rung| match rung.consequence {
        Consequence::Lock(span) => {
            sentence("pin-lock").with("wrong", rung.wrong).with("span", span)
        }
        Consequence::Block => sentence("pin-block").with("wrong", rung.wrong),
    }));
    said.push(sentence("pin-try-unfinished").with("ticket", rules.ticket_lifetime));
    said.push(sentence("pin-grant").with("grant", rules.grant_lifetime));
    said
}

fn temporary_pin(rules: &TemporaryPinRules) -> [Sentence; 3] {
    let whole = sentence("temporary-pin")
        .with("digits", rules.digits)
        .with("life", rules.lifetime)
        .with("tries", rules.tries_max);
    let issues = sentence("temporary-pin-issues")
        .with("day", rules.issues_per_day_max)
        .with("month", rules.issues_per_month_max);
    let sms = if rules.sms {
        sentence("temporary-pin-sms").with("age", rules.phone_number_age_min)
    } else {
        sentence("temporary-pin-no-sms")
    };
    [whole, issues, sms]
}

fn p_code(rules: &PCodeRules) -> Sentence {
    sentence("p-code")
        .with("digits", rules.digits)
        .with("life", rules.lifetime)
        .with("uses", rules.uses_max)
        .with("wrong", rules.wrong_pairings_per_day_max)
}

fn chip_face(rules: &ChipFaceRules) -> Vec<Sentence> {
    let mut said = vec![
        sentence("chip-face-tries")
            .with("tries", rules.face_tries_max)
            .with("cases", rules.cases_per_day_max),
        match rules.without_presence {
            WithoutPresence::Refused => sentence("chip-face-presence-refused"),
            WithoutPresence::OncePerDocument { period, status_age_max } => {
                sentence("chip-face-presence-once")
                    .with("period", period)
                    .with("age", status_age_max)
            }
        },
    ];
    if rules.liveness_required {
        said.push(sentence("chip-face-liveness"));
        said.push(sentence("chip-face-turn").with("degrees", rules.turn_degrees_max));
    } else {
        said.push(sentence("chip-face-no-liveness"));
    }
    if rules.passive_pad_required {
        said.push(sentence("chip-face-prints"));
    }
    if rules.uncovered_face_required {
        said.push(sentence("chip-face-uncovered"));
    }
    match rules.coloured_light {
        ColouredLight::Off => {}
        ColouredLight::Noted => said.push(sentence("chip-face-light-noted")),
        ColouredLight::Decides => said.push(sentence("chip-face-light-decides")),
    }
    if rules.second_embedding_required {
        said.push(sentence("chip-face-two-models"));
    }
    if rules.read_by_server {
        said.push(sentence("chip-face-read-by-server"));
    }
    said
}

fn phone(policy: &Policy) -> Vec<Sentence> {
    let (phone, questions, callers) = (&policy.phone, &policy.questions, &policy.callers);
    if !phone.open {
        return vec![sentence("phone-closed")];
    }
    vec![
        sentence("phone-questions")
            .with("asked", questions.asked)
            .with("right", questions.right_min),
        sentence("phone-guesses")
            .with("stranger", questions.stranger_one_in_min)
            .with("wallet", questions.wallet_thief_one_in_min),
        sentence("phone-raised-bar")
            .with("extra", phone.raised_bar_extra_answers)
            .with("span", phone.raised_bar_for),
        sentence("phone-unknown-numbers")
            .with("agent", callers.agent_unknown_numbers_max)
            .with("window", callers.window)
            .with("centre", callers.centre_unknown_numbers_max)
            .with("permille", callers.centre_unknown_permille_max),
        match questions.weight {
            QuestionWeight::Decide => sentence("phone-answers-decide"),
            QuestionWeight::RefuseOnly => sentence("phone-answers-refuse"),
            QuestionWeight::NotUsed => sentence("phone-no-questions"),
        },
    ]
}

fn desk(rules: &DeskRules) -> Vec<Sentence> {
    let mut said = vec![if rules.questions_asked {
        sentence("desk-questions")
    } else {
        sentence("desk-no-questions")
    }];
    if rules.chip_is_second_proof {
        said.push(sentence("desk-chip"));
    }
    said.push(
        sentence("desk-witness")
            .with("years", rules.witness_age_min_years)
            .with("eid", rules.witness_eid_age_min)
            .with("uses", rules.witness_uses_max)
            .with("window", rules.witness_window),
    );
    said.push(sentence("desk-codes-shown").with("shown", rules.codes_shown_per_clerk_per_day_max));
    said
}

fn conduct(rules: &ConductRules) -> Sentence {
    sentence("conduct-sample").with("permille", rules.sample_permille)
}

fn bookings(rules: &AppointmentRules) -> Sentence {
    sentence("bookings-sms")
        .with("number", rules.sms_per_number_per_day_max)
        .with("block", rules.sms_per_range_per_day_max)
        .with("home", rules.home_prefixes.join(", ").as_str())
        .with("country", rules.sms_abroad_per_range_per_day_max)
}

fn self_service(rules: &SelfServiceRules) -> Sentence {
    if rules.open {
        sentence("self-service").with("wait", rules.wait)
    } else {
        sentence("self-service-closed")
    }
}

fn afterwards(policy: &Policy) -> [Sentence; 4] {
    let veto = &policy.veto;
    [
        sentence("chaining").with("window", policy.chaining.window),
        sentence("notices").with("removed", veto.removed_channels_notified_for),
        sentence("veto-link").with("link", veto.link_lifetime).with("freeze", veto.freeze_min),
        sentence("veto-second").with("window", veto.second_veto_window),
    ]
}
