//! Questions about a person from the population register (SERVICE.md section 4, PROTOCOLS.md 10).
//!
//! The agent never sees a right answer. For a document number that does not exist, decoy questions are asked, so that
//! the call feels the same; a person about whom the register knows too little is treated like an unknown number.

mod answer;
mod draw;
mod guess;

#[cfg(test)]
mod tests;

pub use answer::{Expected, judge};
pub use draw::{CallSubject, Decoy, Drawing, TooLittleData, decoy, draw, subject_of_call};
pub use guess::{Guessing, OneIn, Probability};

use crate::id::QuestionSetId;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// The longest answer that is judged, in bytes.
pub const ANSWER_BYTES_MAX: usize = 200;

crate::codes! {
    /// The subject of a question.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum FactKind {
        FormerAddress => "former-address",
        FormerMunicipality => "former-municipality",
        MonthMovedIn => "month-moved-in",
        BirthRegistrationPlace => "birth-registration-place",
        MothersBirthDate => "mothers-birth-date",
        FathersBirthDate => "fathers-birth-date",
        NumberOfChildren => "number-of-children",
        ChildBirthYear => "child-birth-year",
        MarriageYear => "marriage-year",
        FormerName => "former-name",
    }
}

/// A fact of the register that the person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub kind: FactKind,
    /// Tells facts of one kind apart: which child, which former address.
    pub ordinal: u8,
    /// Since when the fact has been in the register.
    pub recorded_at: Timestamp,
    pub expected: Expected,
    /// Whether the fact is printed on the document just quoted, or on what usually lies in the same wallet.
    pub in_the_wallet: bool,
}

/// One question with its right answer. A decoy question has no right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub kind: FactKind,
    pub ordinal: u8,
    pub expected: Expected,
}

/// A set of questions, drawn for one person or as decoys for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionSet {
    pub id: QuestionSetId,
    pub questions: Vec<Question>,
    /// How many right answers are enough, including those that a raised bar adds.
    pub right_min: u8,
    /// How many wrong answers end the questioning.
    pub wrong_max: u8,
    /// How likely somebody guesses the whole set; shown to the operator, and `None` for decoys.
    pub guessing: Option<Guessing>,
}

/// What tells one set from another: its facts, in any order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetKey(Vec<(FactKind, u8)>);

/// A set of which at least one question was read out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedSet {
    pub key: SetKey,
    pub at: Timestamp,
}

/// A set whose questions are being asked, one at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionRun {
    pub set: QuestionSet,
    /// How many questions were read out; the last one is open while `put > judged`.
    pub put: u8,
    /// How many answers were judged.
    pub judged: u8,
    /// How many answers were right.
    pub right: u8,
}

/// How the questioning goes on after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    GoOn,
    Enough,
    NotEnough,
}

/// The outcome of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub run: QuestionRun,
    pub right: bool,
    pub verdict: Verdict,
}

impl SetKey {
    /// The key of these questions.
    #[must_use]
    pub fn of(questions: &[Question]) -> Self {
        Self::from_stored(questions.iter().map(|it| (it.kind, it.ordinal)).collect())
    }

    /// Rebuilds a key from the facts that a store kept.
    #[must_use]
    pub fn from_stored(mut facts: Vec<(FactKind, u8)>) -> Self {
        facts.sort_unstable();
        Self(facts)
    }

    /// The facts of the set, in a fixed order.
    #[must_use]
    pub fn facts(&self) -> &[(FactKind, u8)] {
        &self.0
    }
}

impl QuestionRun {
    /// A set of which no question was read out yet.
    #[must_use]
    pub const fn new(set: QuestionSet) -> Self {
        Self { set, put: 0, judged: 0, right: 0 }
    }

    /// The question that was read out and not answered yet.
    #[must_use]
    pub fn open_question(&self) -> Option<&Question> {
        if self.put > self.judged { self.set.questions.get(usize::from(self.judged)) } else { None }
    }

    /// Reads out the next question.
    ///
    /// # Errors
    ///
    /// [`Rejection::AnotherQuestion`] while a question is open.
    pub fn put_next(&self) -> Result<Self, Rejection> {
        if self.put > self.judged {
            return Err(Rejection::AnotherQuestion);
        }
        Ok(Self { put: self.put.saturating_add(1), ..self.clone() })
    }

    /// Judges the answer to the open question. An empty answer is wrong.
    ///
    /// # Errors
    ///
    /// [`Rejection::OutOfOrder`] where no question is open, [`Rejection::AnswerTooLong`].
    pub fn answer(&self, given: &str, name_edits_max: u8) -> Result<Answered, Rejection> {
        if given.len() > ANSWER_BYTES_MAX {
            return Err(Rejection::AnswerTooLong);
        }
        let question = self.open_question().ok_or(Rejection::OutOfOrder)?;
        let right = judge(&question.expected, given, name_edits_max);
        let run = Self {
            judged: self.judged.saturating_add(1),
            right: self.right.saturating_add(u8::from(right)),
            ..self.clone()
        };
        let verdict = run.verdict();
        Ok(Answered { run, right, verdict })
    }

    /// How many answers were wrong.
    #[must_use]
    pub const fn wrong(&self) -> u8 {
        self.judged.saturating_sub(self.right)
    }

    /// How the questioning goes on: a spare question is asked after one wrong answer, never after two.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.wrong() >= self.set.wrong_max {
            Verdict::NotEnough
        } else if self.right >= self.set.right_min {
            Verdict::Enough
        } else if usize::from(self.judged) >= self.set.questions.len() {
            Verdict::NotEnough
        } else {
            Verdict::GoOn
        }
    }
}
