//! Reading a policy file: TOML, with errors that name the line.
//!
//! The file starts from a profile and overrides single values. An unknown key is an error and never ignored: a misspelt
//! limit must not silently keep its default.

mod entry;

use core::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use self::entry::{Entry, File};
use crate::policy::{
    AppointmentRules, CallerRules, CaseRules, ChainingRules, ChipFaceRules, ColouredLight,
    ConductRules, DeskRules, EnrolmentRules, PCodeRules, PhoneRules, PinRules, Policy, Profile,
    QuestionRules, QuestionWeight, SelfServiceRules, TemporaryPinRules, VetoRules, WithoutPresence,
};
use crate::time::Duration;

/// Why a policy file was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("policy, line {line}: {what}")]
pub struct LoadError {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// What is wrong, with the key where there is one.
    pub what: String,
}

/// The longest policy file that is read, in bytes.
const FILE_BYTES_MAX: usize = 64 * 1024;
/// The longest span that any rule may state: ten years.
const SPAN_SECS_MAX: u64 = 10 * 365 * 86_400;

/// Reads a policy file and checks it as a whole.
///
/// # Errors
///
/// The first [`LoadError`], with its line.
pub fn load(text: &str) -> Result<Policy, LoadError> {
    let file = File { text };
    if text.len() > FILE_BYTES_MAX {
        return Err(LoadError { line: 1, what: "the file is longer than 64 KiB".to_owned() });
    }
    let table = DeTable::parse(text)
        .map_err(|error| file.error_at(error.span().unwrap_or(0..0), error.message().to_owned()))?;
    let table = table.get_ref();
    let mut policy = Policy::of(profile_of(&file, table)?);
    for (name, value) in table {
        if name.get_ref() != "profile" {
            section(&file, &mut policy, name, value)?;
        }
    }
    match policy.problems().into_iter().next() {
        None => Ok(policy),
        Some(problem) => {
            let span = span_of_key(table, problem.key);
            Err(file.error_at(span, problem.to_string()))
        }
    }
}

fn profile_of(file: &File<'_>, table: &DeTable<'_>) -> Result<Profile, LoadError> {
    let Some(value) = table.get("profile") else {
        let what = "the key profile is missing: public-service, nist-aal2 or strict";
        return Err(LoadError { line: 1, what: what.to_owned() });
    };
    let named = value
        .get_ref()
        .as_str()
        .and_then(|name| Profile::ALL.into_iter().find(|profile| profile.name() == name));
    named.ok_or_else(|| {
        let what = "profile: must be \"public-service\", \"nist-aal2\" or \"strict\"";
        file.error_at(value.span(), what.to_owned())
    })
}

fn section(
    file: &File<'_>,
    policy: &mut Policy,
    name: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<(), LoadError> {
    let Some(table) = value.get_ref().as_table() else {
        let what = format!("{}: not a key of a policy", name.get_ref());
        return Err(file.error_at(name.span(), what));
    };
    for (key, value) in table {
        let at = Entry { file, section: name.get_ref(), key: key.get_ref(), value };
        let known = match name.get_ref().as_ref() {
            "pin" => pin(&mut policy.pin, &at),
            "enrolment" => enrolment(&mut policy.enrolment, &at),
            "case" => case(&mut policy.case, &at),
            "temporary_pin" => temporary_pin(&mut policy.temporary_pin, &at),
            "p_code" => p_code(&mut policy.p_code, &at),
            "chip_face" => chip_face(&mut policy.chip_face, &at),
            "phone" => phone(&mut policy.phone, &at),
            "questions" => questions(&mut policy.questions, &at),
            "callers" => callers(&mut policy.callers, &at),
            "desk" => desk(&mut policy.desk, &at),
            "self_service" => self_service(&mut policy.self_service, &at),
            "chaining" => chaining(&mut policy.chaining, &at),
            "veto" => veto(&mut policy.veto, &at),
            "appointments" => appointments(&mut policy.appointments, &at),
            "conduct" => conduct(&mut policy.conduct, &at),
            _ => {
                let what = format!("{}: not a section of a policy", name.get_ref());
                return Err(file.error_at(name.span(), what));
            }
        };
        if !known? {
            let what = format!("{}.{}: not a key of a policy", name.get_ref(), key.get_ref());
            return Err(file.error_at(key.span(), what));
        }
    }
    Ok(())
}

fn pin(rules: &mut PinRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "digits" => rules.digits = at.small(4..=12)?,
        "ladder" => rules.ladder = at.ladder()?,
        "ticket_lifetime_secs" => rules.ticket_lifetime = at.secs(5..=300)?,
        "grant_lifetime_secs" => rules.grant_lifetime = at.secs(60..=3_600)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn enrolment(rules: &mut EnrolmentRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "code_chars" => rules.code_chars = at.small(8..=32)?,
        "code_lifetime_secs" => rules.code_lifetime = at.secs(60..=SPAN_SECS_MAX)?,
        "tries_per_client_max" => rules.tries_per_client_max = at.small(1..=10)?,
        "tries_per_offer_max" => rules.tries_per_offer_max = at.small(1..=100)?,
        "pause_secs" => rules.pause = at.secs(60..=SPAN_SECS_MAX)?,
        "refused_per_hour_alarm" => rules.refused_per_hour_alarm = at.count(1..=1_000_000)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn case(rules: &mut CaseRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "open_max_secs" => rules.open_max = at.secs(60..=86_400)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn temporary_pin(rules: &mut TemporaryPinRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        // At least 20 bits (OWASP ASVS 5 6.5), hence seven digits.
        "digits" => rules.digits = at.small(7..=12)?,
        "lifetime_secs" => rules.lifetime = at.secs(60..=86_400)?,
        "tries_max" => rules.tries_max = at.small(1..=10)?,
        "issues_per_day_max" => rules.issues_per_day_max = at.small(1..=100)?,
        "issues_per_month_max" => rules.issues_per_month_max = at.small(1..=200)?,
        "phone_number_age_min_secs" => rules.phone_number_age_min = at.secs(0..=SPAN_SECS_MAX)?,
        "sms" => rules.sms = at.flag()?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn p_code(rules: &mut PCodeRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "digits" => rules.digits = at.small(7..=12)?,
        "lifetime_secs" => rules.lifetime = at.secs(60..=SPAN_SECS_MAX)?,
        "uses_max" => rules.uses_max = at.small(1..=100)?,
        "wrong_pairings_per_day_max" => rules.wrong_pairings_per_day_max = at.small(1..=10)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn chip_face(rules: &mut ChipFaceRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    let defaults = (Duration::from_days(365), Duration::from_hours(24));
    match at.key {
        "recorded_document_age_min_secs" => {
            rules.recorded_document_age_min = at.secs(0..=SPAN_SECS_MAX)?;
        }
        "face_tries_max" => rules.face_tries_max = at.small(1..=20)?,
        "cases_per_day_max" => rules.cases_per_day_max = at.small(1..=100)?,
        "national_number_states" => rules.national_number_states = at.texts()?,
        "without_presence" => {
            rules.without_presence =
                match (at.word(&["refused", "once-per-document"])?, rules.without_presence) {
                    ("once-per-document", kept @ WithoutPresence::OncePerDocument { .. }) => kept,
                    ("once-per-document", WithoutPresence::Refused) => {
                        WithoutPresence::OncePerDocument {
                            period: defaults.0,
                            status_age_max: defaults.1,
                        }
                    }
                    _ => WithoutPresence::Refused,
                }
        }
        "liveness_required" => rules.liveness_required = at.flag()?,
        "turn_degrees_max" => rules.turn_degrees_max = at.small(15..=25)?,
        "passive_pad_required" => rules.passive_pad_required = at.flag()?,
        "uncovered_face_required" => rules.uncovered_face_required = at.flag()?,
        "coloured_light" => {
            rules.coloured_light = match at.word(&["off", "noted", "decides"])? {
                "off" => ColouredLight::Off,
                "decides" => ColouredLight::Decides,
                _ => ColouredLight::Noted,
            }
        }
        "second_embedding_required" => rules.second_embedding_required = at.flag()?,
        "read_by_server" => rules.read_by_server = at.flag()?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn phone(rules: &mut PhoneRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "open" => rules.open = at.flag()?,
        // A failed call raises the bar for at most 24 h (PROTOCOLS.md 10).
        "raised_bar_for_secs" => rules.raised_bar_for = at.secs(0..=86_400)?,
        "raised_bar_extra_answers" => rules.raised_bar_extra_answers = at.small(0..=2)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn questions(rules: &mut QuestionRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "weight" => {
            rules.weight = match at.word(&["decide", "refuse-only", "not-used"])? {
                "decide" => QuestionWeight::Decide,
                "refuse-only" => QuestionWeight::RefuseOnly,
                _ => QuestionWeight::NotUsed,
            }
        }
        "asked" => rules.asked = at.small(1..=6)?,
        "right_min" => rules.right_min = at.small(1..=5)?,
        "spare" => rules.spare = at.small(0..=2)?,
        "fact_age_min_secs" => rules.fact_age_min = at.secs(0..=SPAN_SECS_MAX)?,
        "set_rest_secs" => rules.set_rest = at.secs(0..=SPAN_SECS_MAX)?,
        "stranger_one_in_min" => rules.stranger_one_in_min = at.count(10..=1_000_000_000)?,
        "wallet_thief_one_in_min" => {
            rules.wallet_thief_one_in_min = at.count(10..=1_000_000_000)?;
        }
        "name_edits_max" => rules.name_edits_max = at.small(0..=3)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn callers(rules: &mut CallerRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "agent_unknown_numbers_max" => rules.agent_unknown_numbers_max = at.count(1..=10_000)?,
        "centre_unknown_numbers_max" => rules.centre_unknown_numbers_max = at.count(1..=10_000)?,
        "centre_unknown_permille_max" => rules.centre_unknown_permille_max = at.count(0..=1_000)?,
        "alarm_percent" => rules.alarm_percent = at.count(1..=100)?,
        "window_secs" => rules.window = at.secs(3_600..=30 * 86_400)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn desk(rules: &mut DeskRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "questions_asked" => rules.questions_asked = at.flag()?,
        "chip_is_second_proof" => rules.chip_is_second_proof = at.flag()?,
        "witness_age_min_years" => rules.witness_age_min_years = at.small(15..=99)?,
        "witness_eid_age_min_secs" => rules.witness_eid_age_min = at.secs(0..=SPAN_SECS_MAX)?,
        "witness_uses_max" => rules.witness_uses_max = at.small(0..=100)?,
        "witness_window_secs" => rules.witness_window = at.secs(86_400..=SPAN_SECS_MAX)?,
        "codes_shown_per_clerk_per_day_max" => {
            rules.codes_shown_per_clerk_per_day_max = at.small(0..=100)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn conduct(rules: &mut ConductRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "sample_permille" => {
            rules.sample_permille = u16::try_from(at.count(0..=1_000)?).unwrap_or(1_000);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn self_service(rules: &mut SelfServiceRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "open" => rules.open = at.flag()?,
        "wait_secs" => rules.wait = at.secs(3_600..=30 * 86_400)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn chaining(rules: &mut ChainingRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "window_secs" => rules.window = at.secs(0..=365 * 86_400)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn veto(rules: &mut VetoRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "link_lifetime_secs" => rules.link_lifetime = at.secs(86_400..=SPAN_SECS_MAX)?,
        "freeze_min_secs" => rules.freeze_min = at.secs(0..=SPAN_SECS_MAX)?,
        "second_veto_window_secs" => rules.second_veto_window = at.secs(0..=SPAN_SECS_MAX)?,
        "removed_channels_notified_for_secs" => {
            rules.removed_channels_notified_for = at.secs(0..=SPAN_SECS_MAX)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn appointments(rules: &mut AppointmentRules, at: &Entry<'_>) -> Result<bool, LoadError> {
    match at.key {
        "reminder_before_secs" => rules.reminder_before = at.secs(0..=SPAN_SECS_MAX)?,
        "bookable_ahead_max_secs" => rules.bookable_ahead_max = at.secs(3_600..=SPAN_SECS_MAX)?,
        "bookable_until_secs" => rules.bookable_until = at.secs(0..=SPAN_SECS_MAX)?,
        "check_in_early_max_secs" => rules.check_in_early_max = at.secs(0..=86_400)?,
        "check_in_late_max_secs" => rules.check_in_late_max = at.secs(0..=86_400)?,
        "open_bookings_per_contact_max" => {
            rules.open_bookings_per_contact_max = at.small(1..=100)?;
        }
        "sms_per_number_per_day_max" => rules.sms_per_number_per_day_max = at.messages()?,
        "sms_per_range_per_day_max" => rules.sms_per_range_per_day_max = at.messages()?,
        "sms_abroad_per_range_per_day_max" => {
            rules.sms_abroad_per_range_per_day_max = at.messages()?;
        }
        "home_prefixes" => rules.home_prefixes = at.texts()?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// The place of a key in the file, or else of its section, or of the profile that brought the value.
fn span_of_key(table: &DeTable<'_>, key: &str) -> Range<usize> {
    let profile = || table.get("profile").map_or(0..0, Spanned::span);
    let Some((section, key)) = key.split_once('.') else { return profile() };
    let Some(section) = table.get(section) else { return profile() };
    let inside = section.get_ref().as_table().and_then(|section| section.get(key));
    inside.map_or_else(|| section.span(), Spanned::span)
}
