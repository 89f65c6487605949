//! The population register's record of a person as facts that questions are drawn from.

use crate::work::Work;
use crate::{Failure, Service};
use jiff::civil::Date;
use recovery::id::PersonId;
use recovery::policy::Policy;
use recovery::questions::{
    Expected, Fact, FactKind, Guessing, Probability, QuestionSet, SetKey, UsedSet,
};
use recovery::sensitive::Sensitive;
use recovery::time::Timestamp;
use registers::{DocumentKind, FactValue, PersonRef};
use std::collections::BTreeMap;
use store::Id;
use store::used_sets::UsedSets;

/// The kinds of documents that usually lie in the same wallet as any other document.
const WALLET: [DocumentKind; 4] = [
    DocumentKind::DrivingLicence,
    DocumentKind::HealthCard,
    DocumentKind::IdentityCard,
    DocumentKind::ResidencePermit,
];

/// The facts that a set of questions is drawn from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Material {
    pub(crate) facts: Vec<Fact>,
    /// How likely each kind of fact is guessed.
    pub(crate) guessing: Vec<(FactKind, Guessing)>,
}

impl Service {
    /// The population register's record of a person; `None` where it has none.
    pub(crate) async fn register_record(
        &self,
        person: &PersonRef,
    ) -> Result<Option<registers::Person>, Failure> {
        self.parts().registers.population.person(person).await.map_err(|error| {
            Failure::Unavailable {
                doing: "asking the population register",
                source: Some(Box::new(error)),
            }
        })
    }

    /// The facts about a person of the register, with how likely each kind is guessed. `shown` lists the documents that were
    /// just quoted or lie on the desk.
    pub(crate) async fn question_material(
        &self,
        person: &registers::Person,
        shown: &[DocumentKind],
        now: Timestamp,
    ) -> Result<Material, Failure> {
        let population = &self.parts().registers.population;
        let places = population.places().await.map_err(away)?;
        let distributions = population.distributions().await.map_err(away)?;
        let facts = registers::Facts::of(person, &places);
        let guessing = registers::FactKind::ALL
            .into_iter()
            .map(|kind| {
                let parts = distributions.best_guess(kind).parts_per_billion();
                let single =
                    Probability::from_parts_per_billion(u32::try_from(parts).unwrap_or(u32::MAX));
                // A wallet tells name, birth date and address, which the distributions already take as known; what it
                // tells beyond that is never asked.
                (kind_of(kind), Guessing { stranger: single, wallet_thief: single })
            })
            .collect();
        let policy = &self.parts().policy;
        Ok(Material { facts: converted(&facts, shown, policy, now), guessing })
    }
}

impl Work<'_> {
    /// The sets of questions that this person was asked before.
    pub(crate) async fn used_sets_of(&mut self, person: PersonId) -> Result<Vec<UsedSet>, Failure> {
        Ok(self.load::<UsedSets>(Id(person.0)).await?.map(|it| it.value.sets).unwrap_or_default())
    }

    /// Counts a set of questions as used, since its first question is asked now.
    pub(crate) async fn count_used_set(
        &mut self,
        person: PersonId,
        set: &QuestionSet,
    ) -> Result<(), Failure> {
        let loaded = self.load::<UsedSets>(Id(person.0)).await?;
        let before = loaded.as_ref().map_or_else(|| UsedSets::none(person), |it| it.value.clone());
        let used = UsedSet { key: SetKey::of(&set.questions), at: self.now() };
        self.ensure_key(person).await?;
        self.save(loaded.as_ref(), &before.with(used));
        Ok(())
    }
}

/// The failure of a call to a register that cannot be asked.
pub(crate) fn away(error: registers::RegisterError) -> Failure {
    Failure::Unavailable { doing: "asking a register", source: Some(Box::new(error)) }
}

const fn kind_of(kind: registers::FactKind) -> FactKind {
    use registers::FactKind as Register;
    match kind {
        Register::FormerAddress => FactKind::FormerAddress,
        Register::FormerMunicipality => FactKind::FormerMunicipality,
        Register::MonthOfMovingIn => FactKind::MonthMovedIn,
        Register::BirthRegistration => FactKind::BirthRegistrationPlace,
        Register::MotherBirthDate => FactKind::MothersBirthDate,
        Register::FatherBirthDate => FactKind::FathersBirthDate,
        Register::NumberOfChildren => FactKind::NumberOfChildren,
        Register::ChildrenBirthYears => FactKind::ChildBirthYear,
        Register::MarriageYear => FactKind::MarriageYear,
        Register::FormerName => FactKind::FormerName,
    }
}

fn converted(
    facts: &registers::Facts,
    shown: &[DocumentKind],
    policy: &Policy,
    now: Timestamp,
) -> Vec<Fact> {
    let mut by_kind: BTreeMap<FactKind, Vec<(&registers::Fact, Timestamp)>> = BTreeMap::new();
    for fact in &facts.0 {
        // A fact without an age is never old enough, and one that is too young must not spoil older ones of its kind.
        if let Some(recorded_at) = fact.changed_on.and_then(end_of)
            && now >= recorded_at.plus(policy.questions.fact_age_min)
        {
            by_kind.entry(kind_of(fact.kind)).or_default().push((fact, recorded_at));
        }
    }
    by_kind
        .into_iter()
        .flat_map(|(kind, facts)| {
            let in_the_wallet = facts.iter().any(|(fact, _)| {
                fact.stands_on.iter().any(|on| shown.contains(on) || WALLET.contains(on))
            });
            let recorded_at = facts.iter().map(|(_, at)| *at).max().unwrap_or(now);
            // Of several weddings the last is asked for; children are asked for one by one.
            let several = if kind == FactKind::MarriageYear { 1 } else { usize::from(u8::MAX) };
            expected(&facts).into_iter().take(several).zip(0_u8..).map(
                move |(expected, ordinal)| Fact {
                    kind,
                    ordinal,
                    recorded_at,
                    expected,
                    in_the_wallet,
                },
            )
        })
        .collect()
}

/// The last moment of that day in Denmark: the register knows days, and a rule of 30 days counts from the end of one.
fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?;
    next.to_zoned(registers::home_zone()).ok().map(|at| Timestamp(at.timestamp().as_millisecond()))
}

/// The right answers for one kind of fact: any of several facts is right, except for children, each of whom is asked about.
fn expected(facts: &[(&registers::Fact, Timestamp)]) -> Vec<Expected> {
    let mut names = Vec::new();
    let mut places = Vec::new();
    let mut addresses = Vec::new();
    let mut single = Vec::new();
    for (fact, _) in facts {
        match &fact.value {
            FactValue::Address(address) => {
                let text =
                    format!("{} {}", address.street.expose(), address.house.expose().as_str());
                addresses.push(Sensitive::new(text.trim().to_owned()));
            }
            FactValue::Place(known) => {
                places.extend(known.iter().map(|name| Sensitive::new(name.expose().clone())))
            }
            FactValue::Month { year, month } => {
                single.extend(
                    number(*year)
                        .zip(u16::try_from(*month).ok())
                        .map(|(year, month)| Expected::Month(Sensitive::new([year, month]))),
                );
            }
            FactValue::Day(day) => {
                single.extend(date(*day).map(|day| Expected::Date(Sensitive::new(day))))
            }
            FactValue::Year(year) => {
                single.extend(number(*year).map(|year| Expected::Year(Sensitive::new(year))))
            }
            FactValue::Years(years) => {
                single.extend(
                    years
                        .iter()
                        .filter_map(|year| number(*year))
                        .map(|year| Expected::Year(Sensitive::new(year))),
                );
            }
            FactValue::Count(count) => {
                single.push(Expected::Number(Sensitive::new(u16::from(*count))))
            }
            FactValue::Name { full, family } => {
                names.push(Sensitive::new(full.expose().clone()));
                names.push(Sensitive::new(family.expose().clone()));
            }
        }
    }
    let several = [
        (!names.is_empty()).then_some(Expected::AnyName(names)),
        (!places.is_empty()).then_some(Expected::AnyPlace(places)),
        (!addresses.is_empty()).then_some(Expected::AnyAddress(addresses)),
    ];
    several.into_iter().flatten().chain(single).collect()
}

fn number(year: i16) -> Option<u16> {
    u16::try_from(year).ok()
}

fn date(day: Date) -> Option<[u16; 3]> {
    Some([number(day.year())?, u16::try_from(day.month()).ok()?, u16::try_from(day.day()).ok()?])
}
