//! What a person knows about themselves, for the visitor who plays the caller.

use registers::{Address, Fact, FactKind, FactValue, Facts, Person, Places};

/// The facts that questions may be made of, as a person would say them.
pub(crate) fn of(person: &Person, places: &Places) -> Vec<(&'static str, String)> {
    let facts = Facts::of(person, places).0;
    facts.iter().map(|fact| (question(fact.kind), answer(fact))).collect()
}

const fn question(kind: FactKind) -> &'static str {
    match kind {
        FactKind::FormerAddress => "Lived before at",
        FactKind::FormerMunicipality => "Lived before in",
        FactKind::MonthOfMovingIn => "Moved to the present address in",
        FactKind::BirthRegistration => "Birth was registered in",
        FactKind::MotherBirthDate => "Mother was born on",
        FactKind::FatherBirthDate => "Father was born on",
        FactKind::NumberOfChildren => "Number of children",
        FactKind::ChildrenBirthYears => "Children were born in",
        FactKind::MarriageYear => "Married in",
        FactKind::FormerName => "Former name",
    }
}

fn answer(fact: &Fact) -> String {
    match &fact.value {
        FactValue::Address(address) => line(address),
        FactValue::Place(names) => {
            names.iter().map(|name| name.expose().as_str()).collect::<Vec<_>>().join(" / ")
        }
        FactValue::Month { year, month } => format!("{month:02}-{year}"),
        FactValue::Day(day) => day.strftime("%d-%m-%Y").to_string(),
        FactValue::Year(year) => year.to_string(),
        FactValue::Years(years) => {
            years.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        FactValue::Count(count) => count.to_string(),
        FactValue::Name { full, .. } => full.expose().clone(),
    }
}

/// An address as it stands on an envelope.
pub(crate) fn line(address: &Address) -> String {
    let house = address.house.expose().as_str();
    let mut line = format!("{} {house}", address.street.expose());
    for part in [address.floor.expose(), address.door.expose()] {
        if !part.is_empty() {
            line = format!("{line} {}", part.to_lowercase());
        }
    }
    format!("{line}, {} {}", address.postcode.expose(), address.town.expose())
}
