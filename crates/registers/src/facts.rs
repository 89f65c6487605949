//! The facts of the register that control questions are made of.

use std::fmt;

use jiff::civil::Date;

use crate::{
    Address, Birthplace, Child, CivilPeriod, DocumentKind, Name, Parent, Person, Places, Sensitive,
};

/// The kinds of facts that a person knows and few others do (SERVICE.md 4). Citizenship and birth date are not among
/// them, because they can be read in a stolen wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// An address at which the person lived before the present one.
    FormerAddress,
    /// A municipality in which the person lived, other than the present one.
    FormerMunicipality,
    /// The year and month in which the person moved to the present address.
    MonthOfMovingIn,
    /// The place at which the person's birth was registered.
    BirthRegistration,
    /// The mother's birth date.
    MotherBirthDate,
    /// The father's birth date.
    FatherBirthDate,
    /// The number of children.
    NumberOfChildren,
    /// The years in which the children were born.
    ChildrenBirthYears,
    /// The year of a wedding.
    MarriageYear,
    /// A former name of the person.
    FormerName,
}

impl FactKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::FormerAddress,
        Self::FormerMunicipality,
        Self::MonthOfMovingIn,
        Self::BirthRegistration,
        Self::MotherBirthDate,
        Self::FatherBirthDate,
        Self::NumberOfChildren,
        Self::ChildrenBirthYears,
        Self::MarriageYear,
        Self::FormerName,
    ];

    /// The documents on which a fact of this kind is printed. It is not asked of somebody who reads out the number of
    /// such a document or carries one in the same wallet.
    ///
    /// The place of birth is in every Danish passport and in field 3 of a driving licence (Directive 2006/126/EC, annex
    /// I). The other kinds are only on certificates.
    pub const fn stands_on(self) -> &'static [DocumentKind] {
        match self {
            Self::BirthRegistration => &[
                DocumentKind::Passport,
                DocumentKind::EmergencyPassport,
                DocumentKind::DrivingLicence,
                DocumentKind::IdentityCard,
                DocumentKind::ResidencePermit,
                DocumentKind::Certificate,
            ],
            Self::MotherBirthDate
            | Self::FatherBirthDate
            | Self::MarriageYear
            | Self::FormerName => &[DocumentKind::Certificate],
            Self::FormerAddress
            | Self::FormerMunicipality
            | Self::MonthOfMovingIn
            | Self::NumberOfChildren
            | Self::ChildrenBirthYears => &[],
        }
    }
}

/// A right answer to a control question.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactValue {
    /// An address.
    Address(Box<Address>),
    /// A place, with all its names.
    Place(Vec<Sensitive<String>>),
    /// A month of a year.
    Month {
        /// The year of the month.
        year: i16,
        /// The month, 1 to 12.
        month: i8,
    },
    /// A date.
    Day(Date),
    /// A year.
    Year(i16),
    /// Several years in ascending order; a year that applies twice is listed twice.
    Years(Vec<i16>),
    /// A number of people or things.
    Count(u8),
    /// A full name, and the family name in it.
    Name {
        /// The full name.
        full: Sensitive<String>,
        /// The family name alone.
        family: Sensitive<String>,
    },
}

impl fmt::Debug for FactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A fact about one person. Where there are several of one kind, each of them is a right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The kind of the fact.
    pub kind: FactKind,
    /// The right answer.
    pub value: FactValue,
    /// Since when the register has held the fact: the later of the day of the event and the day on which the register
    /// was told. `None` where neither is known; such a fact has no known age and never counts as old.
    pub changed_on: Option<Date>,
    /// The documents on which the fact is printed.
    pub stands_on: &'static [DocumentKind],
}

/// All facts about one person, in the order of their kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(pub Vec<Fact>);

impl Facts {
    /// The facts that the register holds about a person. `places` gives the names for municipality codes.
    pub fn of(person: &Person, places: &Places) -> Self {
        let mut facts = Collector { facts: Vec::new(), floor: person.registered };
        residence_facts(person, places, &mut facts);
        birth_facts(person, places, &mut facts);
        family_facts(person, &mut facts);
        name_facts(person, &mut facts);
        facts.facts.sort_by_key(|fact| fact.kind);
        Self(facts.facts)
    }

    /// The facts of one kind.
    pub fn of_kind(&self, kind: FactKind) -> impl Iterator<Item = &Fact> {
        self.0.iter().filter(move |fact| fact.kind == kind)
    }
}

struct Collector {
    facts: Vec<Fact>,
    /// The day on which the person first came into the tables; no fact is older than that.
    floor: Option<Date>,
}

impl Collector {
    fn add(
        &mut self,
        kind: FactKind,
        value: FactValue,
        event: Option<Date>,
        registered: Option<Date>,
    ) {
        let changed_on = event.max(registered).max(self.floor);
        self.facts.push(Fact { kind, value, changed_on, stands_on: kind.stands_on() });
    }
}

fn residence_facts(person: &Person, places: &Places, facts: &mut Collector) {
    let current = person.residence();
    if let Some(residence) = current
        && let Some(from) = residence.from
    {
        let value = FactValue::Month { year: from.year(), month: from.month() };
        facts.add(FactKind::MonthOfMovingIn, value, Some(from), residence.registered);
    }
    let former = person.residences.iter().filter(|residence| residence.until.is_some());
    for residence in former {
        let moved_back = current.is_some_and(|now| now.address.same_place(&residence.address));
        if residence.address.has_street() && !moved_back {
            let value = FactValue::Address(Box::new(residence.address.clone()));
            facts.add(FactKind::FormerAddress, value, residence.until, residence.registered);
        }
        let code = residence.address.municipality;
        let same = current.is_some_and(|now| now.address.municipality == code);
        let names: Vec<_> =
            places.names(code).iter().map(|n| Sensitive::from(n.as_str())).collect();
        let value = FactValue::Place(names);
        let known = facts.facts.iter().any(|fact| fact.value == value);
        if !same && !known && value != FactValue::Place(Vec::new()) {
            facts.add(FactKind::FormerMunicipality, value, residence.until, residence.registered);
        }
    }
}

fn birth_facts(person: &Person, places: &Places, facts: &mut Collector) {
    if let Some(Birthplace { authority, name, registered }) = &person.birthplace {
        let mut names: Vec<Sensitive<String>> = Vec::new();
        let text = Some(name.clone()).filter(|name| !name.expose().trim().is_empty());
        names.extend(text);
        let of_code = authority.map_or(&[][..], |code| places.names(code));
        names.extend(of_code.iter().map(|name| Sensitive::from(name.as_str())));
        names.dedup();
        if !names.is_empty() {
            let value = FactValue::Place(names);
            facts.add(FactKind::BirthRegistration, value, person.born(), *registered);
        }
    }
    let parents =
        [(FactKind::MotherBirthDate, &person.mother), (FactKind::FatherBirthDate, &person.father)];
    for (kind, parent) in parents {
        if let Some(Parent { birth_date: Some(born), since, registered, .. }) = parent {
            let event = since.or_else(|| person.born());
            facts.add(kind, FactValue::Day(*born), event, *registered);
        }
    }
}

fn family_facts(person: &Person, facts: &mut Collector) {
    if !person.children.is_empty() {
        let born = |child: &Child| child.birth_date;
        let latest = person.children.iter().filter_map(born).max();
        let registered = person.children.iter().filter_map(|child| child.registered).max();
        let count = u8::try_from(person.children.len()).unwrap_or(u8::MAX);
        facts.add(FactKind::NumberOfChildren, FactValue::Count(count), latest, registered);
        // A child without a known year would make the right answer wrong.
        let mut years: Vec<i16> =
            person.children.iter().filter_map(born).map(|date| date.year()).collect();
        if years.len() == person.children.len() {
            years.sort_unstable();
            let value = FactValue::Years(years);
            facts.add(FactKind::ChildrenBirthYears, value, latest, registered);
        }
    }
    for CivilPeriod { status, from, registered, .. } in &person.civil {
        if let Some(from) = from
            && status.is_a_marriage()
        {
            let value = FactValue::Year(from.year());
            facts.add(FactKind::MarriageYear, value, Some(*from), *registered);
        }
    }
}

fn name_facts(person: &Person, facts: &mut Collector) {
    let current = person.name().map(Name::full);
    for name in person.names.iter().filter(|name| name.until.is_some()) {
        let full = name.full();
        if !full.expose().is_empty() && current.as_ref() != Some(&full) {
            let value = FactValue::Name { full, family: name.family.clone() };
            facts.add(FactKind::FormerName, value, name.until, name.registered);
        }
    }
}

#[cfg(test)]
mod tests;
