//! Draws a set of questions for a person, and decoy questions that feel the same.

use crate::id::{PersonId, QuestionSetId};
use crate::person::{Person, Status};
use crate::policy::Policy;
use crate::questions::guess::run_probability;
use crate::questions::{
    Expected, Fact, FactKind, Guessing, OneIn, Probability, Question, QuestionSet, SetKey, UsedSet,
};
use crate::time::Timestamp;

/// The most facts that one drawing considers; further ones are ignored.
const FACTS_MAX: usize = 24;

/// What a set of questions is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'a> {
    pub facts: &'a [Fact],
    /// How likely one question of each kind is guessed, by the distributions of the register itself. A kind that is
    /// missing counts as known to everybody.
    pub guessing: &'a [(FactKind, Guessing)],
    /// The sets that were used for this person before.
    pub used: &'a [UsedSet],
    /// Whether a failed call within 24 hours raises the number of right answers needed.
    pub raised_bar: bool,
    /// Random values that the caller drew: one chooses the set, one the order of its questions.
    pub random: [u64; 2],
}

/// The register knows too little about a person to ask; the call is treated like one about an unknown number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the register knows too little to ask about")]
pub struct TooLittleData;

/// What a set of decoy questions is drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Decoy {
    /// Derived from a keyed hash of the document number, so that the same number is asked the same questions again.
    pub random: [u64; 2],
}

/// The person that a call is about, with the questions to ask; the agent cannot tell real questions from decoys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSubject {
    person: Option<PersonId>,
    unknown_number: bool,
    of_agents_family: bool,
    set: QuestionSet,
}

impl CallSubject {
    /// A document number of the agent's own or of a member of their family: decoy questions are asked, and the call
    /// counts against nobody (PROTOCOLS.md 15).
    #[must_use]
    pub fn of_agents_family(id: QuestionSetId, decoy_from: Decoy, policy: &Policy) -> Self {
        let set = decoy(id, decoy_from, policy);
        Self { person: None, unknown_number: false, of_agents_family: true, set }
    }

    /// Whether the number is the agent's own or that of a member of their family.
    #[must_use]
    pub const fn is_of_agents_family(&self) -> bool {
        self.of_agents_family
    }

    /// The person that the call is about; `None` where the questions are decoys.
    #[must_use]
    pub const fn person(&self) -> Option<PersonId> {
        self.person
    }

    /// Whether the document number does not exist; such a call counts against agent and centre.
    #[must_use]
    pub const fn is_unknown_number(&self) -> bool {
        self.unknown_number
    }

    /// The questions to ask.
    #[must_use]
    pub const fn set(&self) -> &QuestionSet {
        &self.set
    }

    pub(crate) fn into_set(self) -> QuestionSet {
        self.set
    }
}

/// Decides which questions a call gets: real ones only where the number is that of a person who may be asked and about
/// whom the register knows enough, decoys otherwise.
#[must_use]
pub fn subject_of_call(
    id: QuestionSetId,
    found: Option<(&Person, Drawing<'_>)>,
    otherwise: Decoy,
    policy: &Policy,
    now: Timestamp,
) -> CallSubject {
    let unknown_number = found.is_none();
    let drawn =
        found.filter(|(person, _)| may_be_asked(person.status)).and_then(|(person, from)| {
            let raised_bar = from.raised_bar || person.phone_bar_is_raised(policy, now);
            let set = draw(id, Drawing { raised_bar, ..from }, policy, now).ok()?;
            Some((person.id, set))
        });
    match drawn {
        Some((person, set)) => {
            CallSubject { person: Some(person), unknown_number, of_agents_family: false, set }
        }
        None => CallSubject {
            person: None,
            unknown_number,
            of_agents_family: false,
            set: decoy(id, otherwise, policy),
        },
    }
}

const fn may_be_asked(status: Status) -> bool {
    match status {
        Status::Active | Status::Emigrated => true,
        Status::Protected
        | Status::Administrative
        | Status::Guardianship
        | Status::Disappeared
        | Status::Dead
        | Status::Annulled => false,
    }
}

/// Draws a set that strangers and wallet thieves guess rarely enough.
///
/// # Errors
///
/// [`TooLittleData`] where no set of the facts is guessed rarely enough.
pub fn draw(
    id: QuestionSetId,
    from: Drawing<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<QuestionSet, TooLittleData> {
    let rules = &policy.questions;
    let extra = if from.raised_bar { policy.phone.raised_bar_extra_answers } else { 0 };
    let right_min = rules.right_min.saturating_add(extra);
    let wrong_max = rules.spare.saturating_add(1);
    let size = usize::from(right_min.saturating_add(rules.spare));
    let facts: Vec<&Fact> = from
        .facts
        .iter()
        .filter(|fact| {
            now >= fact.recorded_at.plus(rules.fact_age_min)
                && !fact.in_the_wallet
                && fact.expected != Expected::Nothing
        })
        .take(FACTS_MAX)
        .collect();

    let safe: Vec<_> = sets_of(&facts, size)
        .into_iter()
        .filter_map(|set| {
            let guessing = guessing_of(&set, from.guessing, right_min, wrong_max);
            let safe = guessing.stranger.is_under(OneIn(rules.stranger_one_in_min))
                && guessing.wallet_thief.is_under(OneIn(rules.wallet_thief_one_in_min));
            safe.then_some((set, guessing))
        })
        .collect();

    let last_used = |set: &[&Fact]| {
        let key = SetKey::from_stored(set.iter().map(|it| (it.kind, it.ordinal)).collect());
        from.used.iter().filter(|used| used.key == key).map(|used| used.at).max()
    };
    let rested: Vec<_> = safe
        .iter()
        .filter(|(set, _)| last_used(set).is_none_or(|at| now >= at.plus(rules.set_rest)))
        .collect();
    // When sets run out the oldest returns (PROTOCOLS.md 10).
    let chosen = match pick(&rested, from.random[0]) {
        Some(chosen) => *chosen,
        None => safe.iter().min_by_key(|(set, _)| last_used(set)).ok_or(TooLittleData)?,
    };
    let (facts, guessing) = chosen;
    let questions = facts
        .iter()
        .map(|fact| Question {
            kind: fact.kind,
            ordinal: fact.ordinal,
            expected: fact.expected.clone(),
        })
        .collect();
    let questions = shuffled(questions, from.random[1]);
    Ok(QuestionSet { id, questions, right_min, wrong_max, guessing: Some(*guessing) })
}

/// Draws a set of decoy questions: it looks like any other set, and no answer is right.
#[must_use]
pub fn decoy(id: QuestionSetId, from: Decoy, policy: &Policy) -> QuestionSet {
    let rules = &policy.questions;
    let size = usize::from(rules.right_min.saturating_add(rules.spare));
    let facts: Vec<Fact> = FactKind::ALL
        .iter()
        .map(|kind| Fact {
            kind: *kind,
            ordinal: 0,
            recorded_at: Timestamp(0),
            expected: Expected::Nothing,
            in_the_wallet: false,
        })
        .collect();
    let all = sets_of(&facts.iter().collect::<Vec<_>>(), size);
    let chosen = pick(&all, from.random[0]).cloned().unwrap_or_default();
    let questions = chosen
        .iter()
        .map(|fact| Question { kind: fact.kind, ordinal: 0, expected: Expected::Nothing })
        .collect();
    QuestionSet {
        id,
        questions: shuffled(questions, from.random[1]),
        right_min: rules.right_min,
        wrong_max: rules.spare.saturating_add(1),
        guessing: None,
    }
}

/// Every set of `size` facts in which no fact gives away another.
fn sets_of<'a>(facts: &[&'a Fact], size: usize) -> Vec<Vec<&'a Fact>> {
    let Some((first, rest)) = facts.split_first() else {
        return if size == 0 { vec![Vec::new()] } else { Vec::new() };
    };
    if size == 0 {
        return vec![Vec::new()];
    }
    let unrelated: Vec<_> =
        rest.iter().copied().filter(|other| theme(other.kind) != theme(first.kind)).collect();
    let mut sets = sets_of(rest, size);
    sets.extend(sets_of(&unrelated, size.saturating_sub(1)).into_iter().map(|mut set| {
        set.push(first);
        set
    }));
    sets
}

/// The theme of a fact. Facts of one theme give each other away: an address names its municipality.
const fn theme(kind: FactKind) -> u8 {
    match kind {
        FactKind::FormerAddress | FactKind::FormerMunicipality => 0,
        FactKind::MonthMovedIn => 1,
        FactKind::BirthRegistrationPlace => 2,
        FactKind::MothersBirthDate => 3,
        FactKind::FathersBirthDate => 4,
        FactKind::NumberOfChildren | FactKind::ChildBirthYear => 5,
        FactKind::MarriageYear => 6,
        FactKind::FormerName => 7,
    }
}

fn guessing_of(
    set: &[&Fact],
    guessing: &[(FactKind, Guessing)],
    right_min: u8,
    wrong_max: u8,
) -> Guessing {
    let single = |kind: FactKind| {
        let known = Guessing { stranger: Probability::CERTAIN, wallet_thief: Probability::CERTAIN };
        guessing.iter().find(|(of, _)| *of == kind).map_or(known, |(_, guessing)| *guessing)
    };
    let run = |of: fn(Guessing) -> Probability| {
        let each: Vec<_> = set.iter().map(|fact| of(single(fact.kind))).collect();
        run_probability(&each, right_min, wrong_max)
    };
    Guessing { stranger: run(|it| it.stranger), wallet_thief: run(|it| it.wallet_thief) }
}

fn pick<T>(from: &[T], random: u64) -> Option<&T> {
    let count = u64::try_from(from.len()).ok().filter(|count| *count > 0)?;
    from.get(usize::try_from(random % count).ok()?)
}

/// The order of the items that one random number chooses.
fn shuffled<T>(mut items: Vec<T>, mut random: u64) -> Vec<T> {
    let mut out = Vec::with_capacity(items.len());
    while !items.is_empty() {
        let count = u64::try_from(items.len()).unwrap_or(1);
        let at = usize::try_from(random % count).unwrap_or(0);
        random /= count;
        out.push(items.swap_remove(at));
    }
    out
}
