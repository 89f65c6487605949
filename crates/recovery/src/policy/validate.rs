//! What a policy may not contain, whether it was loaded from a file or built in code.

use crate::policy::{Consequence, Policy, Profile, QuestionWeight};
use crate::time::Duration;

/// One value that a policy may not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct Problem {
    /// The key in the policy file, with its section.
    pub key: &'static str,
    pub what: &'static str,
}

/// The most consecutive wrong PINs that a policy may allow (NIST SP 800-63B-4 3.2.10).
const CONSECUTIVE_TRIES_MAX: u8 = 10;

impl Policy {
    /// Every problem of the policy; empty where it may be used.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut unless = |holds: bool, key, what| {
            if !holds {
                problems.push(Problem { key, what });
            }
        };
        self.check_ladder(&mut unless);
        let temporary = &self.temporary_pin;
        unless(
            temporary.issues_per_day_max <= temporary.issues_per_month_max,
            "temporary_pin.issues_per_month_max",
            "must not be below issues_per_day_max",
        );
        let questions = &self.questions;
        unless(
            questions.right_min.saturating_add(questions.spare) == questions.asked,
            "questions.asked",
            "must be right_min and spare together: a spare question follows a wrong answer",
        );
        unless(
            self.chip_face.national_number_states.iter().all(|state| {
                state.len() == 3 && state.bytes().all(|byte| byte.is_ascii_uppercase())
            }),
            "chip_face.national_number_states",
            "must be codes of three capital letters",
        );
        unless(
            self.appointments.home_prefixes.iter().all(|prefix| {
                prefix.strip_prefix('+').is_some_and(|digits| {
                    (1..=5).contains(&digits.len())
                        && digits.bytes().all(|byte| byte.is_ascii_digit())
                })
            }),
            "appointments.home_prefixes",
            "must be country codes such as +45",
        );
        unless(
            !self.phone.open || questions.weight != QuestionWeight::NotUsed,
            "phone.open",
            "the phone route cannot be open where questions are not used",
        );
        unless(
            !self.phone.open || temporary.sms,
            "phone.open",
            "the phone route cannot be open where no SMS may carry a code",
        );
        self.check_profile(&mut unless);
        problems
    }

    fn check_ladder(&self, unless: &mut impl FnMut(bool, &'static str, &'static str)) {
        let ladder = &self.pin.ladder;
        let pairs = || ladder.iter().zip(ladder.iter().skip(1));
        unless(
            ladder.first().is_some_and(|first| first.wrong > 0)
                && pairs().all(|(low, high)| low.wrong < high.wrong),
            "pin.ladder",
            "the rungs must ascend, from 1 wrong PIN on",
        );
        unless(
            ladder.last().is_some_and(|last| {
                last.consequence == Consequence::Block && last.wrong <= CONSECUTIVE_TRIES_MAX
            }),
            "pin.ladder",
            "the last rung must block, at 10 wrong PINs or fewer",
        );
        unless(
            pairs().all(|(low, high)| match (low.consequence, high.consequence) {
                (Consequence::Lock(low), Consequence::Lock(high)) => low < high,
                (Consequence::Lock(_), Consequence::Block) => true,
                (Consequence::Block, _) => false,
            }),
            "pin.ladder",
            "each rung must lock longer than the one before, and only the last may block",
        );
    }

    /// Refuses values that break what the profile promises: its name would mislead (CHECKLIST section 4).
    fn check_profile(&self, unless: &mut impl FnMut(bool, &'static str, &'static str)) {
        let short = self.temporary_pin.lifetime <= Duration::from_mins(10);
        let proven = self.chip_face.without_presence == super::WithoutPresence::Refused;
        match self.profile {
            Profile::PublicService => {}
            Profile::NistAal2 => {
                unless(
                    self.questions.weight != QuestionWeight::Decide && !self.desk.questions_asked,
                    "questions.weight",
                    "under nist-aal2 questions never decide (SP 800-63A-4 2.5.1)",
                );
                unless(short, "temporary_pin.lifetime_secs", "at most 600 under nist-aal2");
                unless(
                    proven,
                    "chip_face.without_presence",
                    "under nist-aal2 a chip has to prove its presence",
                );
            }
            Profile::Strict => {
                unless(!self.temporary_pin.sms, "temporary_pin.sms", "no SMS under strict");
                unless(!self.phone.open, "phone.open", "no phone route under strict");
                unless(
                    !self.self_service.open,
                    "self_service.open",
                    "no self-service route under strict",
                );
                unless(
                    self.questions.weight == QuestionWeight::NotUsed && !self.desk.questions_asked,
                    "questions.weight",
                    "questions are not used under strict",
                );
                unless(short, "temporary_pin.lifetime_secs", "at most 600 under strict");
                unless(
                    proven,
                    "chip_face.without_presence",
                    "under strict a chip has to prove its presence",
                );
            }
        }
    }
}
