//! Drafts in the register's form.

use std::collections::HashSet;

use jiff::{ToSpan as _, civil::Date};
use registers::{
    Address, Birthplace, Child, CivilPeriod, CivilStatus, Cpr, Departure, FormerNumber,
    HouseNumber, Name, Parent, Person, PersonRef, PersonStatus, Residence, Sex,
};

use super::{Draft, Home, Town};
use crate::people::{Resident, Story, tables::Origin};

/// Told in turn, each of one grown-up in nine who is ordinary so far.
const STORIES: [Story; 6] = [
    Story::NumberChanged,
    Story::NameChanged,
    Story::Protected,
    Story::Emigrated,
    Story::Guardianship,
    Story::Disappeared,
];

/// Gives some of the ordinary a story.
pub(super) fn tell_stories(drafts: &mut [Draft], today: Date) {
    let grown = today.saturating_sub(18.years());
    let mut told = STORIES.iter().cycle();
    let mut since_last = 0;
    for draft in drafts.iter_mut().filter(|draft| draft.story == Story::Ordinary) {
        if draft.born > grown {
            draft.story = Story::Child;
        } else if draft.origin == Origin::Greenlandic {
            draft.story = Story::Greenland;
        } else {
            since_last += 1;
            if since_last == 9 {
                since_last = 0;
                draft.story = told.next().copied().unwrap_or(Story::Ordinary);
            }
        }
    }
}

pub(super) fn residents(town: &Town<'_>) -> Vec<Resident> {
    let mut used = HashSet::new();
    let numbers: Vec<Cpr> = town
        .drafts
        .iter()
        .enumerate()
        .map(|(row, draft)| number(draft.born, draft.sex, row, &mut used))
        .collect();
    let former: Vec<Cpr> = town
        .drafts
        .iter()
        .enumerate()
        .map(|(row, draft)| number(draft.born, draft.sex, row + 401, &mut used))
        .collect();
    let rows = town.drafts.iter().zip(numbers.iter().zip(&former)).enumerate();
    rows.filter_map(|(row, (draft, (cpr, old)))| {
        let id = PersonRef::parse(&format!("p{row:04}")).ok()?;
        let mut person = Person::empty(id, status(draft, town));
        person.cpr = Some(cpr.clone());
        person.birth_date = Some(draft.born);
        person.sex = Some(draft.sex);
        let other = draft.origin == Origin::Other;
        person.citizenship = if other { "POL" } else { "DNK" }.into();
        person.names = names(draft, town.today);
        person.residences = residences(draft, town);
        person.civil = civil(draft, &numbers);
        family(draft, town, &numbers, &mut person);
        special(draft, town.today, old, &mut person);
        Some(Resident { person, story: draft.story })
    })
    .collect()
}

/// The first free serial of the right century and sex.
fn number(born: Date, sex: Sex, row: usize, used: &mut HashSet<Cpr>) -> Cpr {
    let (first, count) = if born.year() < 2_000 { (0_u16, 4_000_u16) } else { (4_000, 1_000) };
    let step = u16::try_from(row * 37 % usize::from(count)).unwrap_or(0);
    let odd = u16::from(sex == Sex::Male);
    let serials = (0..count / 2).map(|n| first + (step + 2 * n) % count / 2 * 2 + odd);
    let mut candidates = serials.filter_map(|serial| Cpr::replacement(born, serial).ok());
    let free = candidates.find(|cpr| used.insert(cpr.clone()));
    #[expect(clippy::expect_used, reason = "two thousand serials a day and sex are never used up")]
    free.expect("a free serial")
}

fn status(draft: &Draft, town: &Town<'_>) -> PersonStatus {
    let there = |home: &Home| town.towns.get(home.town).map(|t| t.municipality.is_greenlandic());
    match draft.story {
        Story::Dead => PersonStatus::Dead,
        Story::Emigrated => PersonStatus::Emigrated,
        Story::Disappeared => PersonStatus::Disappeared,
        Story::Administrative => PersonStatus::Administrative,
        Story::Ordinary
        | Story::Greenland
        | Story::NumberChanged
        | Story::NameChanged
        | Story::Protected
        | Story::NewlyArrived
        | Story::Guardianship
        | Story::WithoutNumber
        | Story::Child => match draft.homes.last().and_then(there) {
            Some(true) => PersonStatus::ActiveGreenland,
            Some(false) | None => PersonStatus::Active,
        },
    }
}

fn names(draft: &Draft, today: Date) -> Vec<Name> {
    let name = |family: &str, from, until| Name {
        given: draft.given.into(),
        middle: draft.middle.unwrap_or_default().into(),
        family: family.into(),
        from: Some(from),
        until,
        registered: None,
    };
    let change = match (draft.taken, draft.story) {
        (Some(taken), _) => Some(taken),
        (None, Story::NameChanged) => Some(("Falk", today.saturating_sub(900.days()))),
        (None, _) => None,
    };
    match change {
        Some((family, day)) => {
            vec![name(family, day, None), name(draft.family, draft.born, Some(day))]
        }
        None => vec![name(draft.family, draft.born, None)],
    }
}

fn residences(draft: &Draft, town: &Town<'_>) -> Vec<Residence> {
    let away = match draft.story {
        Story::Dead => draft.died,
        Story::Emigrated => Some(left(draft, town.today)),
        Story::Disappeared => Some(town.today.saturating_sub(150.days())),
        Story::Ordinary
        | Story::Greenland
        | Story::NumberChanged
        | Story::NameChanged
        | Story::Protected
        | Story::NewlyArrived
        | Story::Guardianship
        | Story::Administrative
        | Story::WithoutNumber
        | Story::Child => None,
    };
    let mut until = away;
    let mut residences = Vec::with_capacity(draft.homes.len());
    for home in draft.homes.iter().rev() {
        let Some(row) = town.towns.get(home.town) else { continue };
        if away.is_some_and(|away| home.from >= away) {
            continue;
        }
        let address = Address {
            municipality: row.municipality,
            street: home.road.into(),
            house: HouseNumber::parse(&home.house).into(),
            postcode: row.postcode.into(),
            town: row.name.into(),
            ..Address::default()
        };
        residences.push(Residence { address, from: Some(home.from), until, registered: None });
        until = Some(home.from);
    }
    residences
}

fn civil(draft: &Draft, numbers: &[Cpr]) -> Vec<CivilPeriod> {
    let mut until = None;
    let mut periods = Vec::with_capacity(draft.civil.len() + 1);
    for civil in draft.civil.iter().rev() {
        let spouse = civil.spouse.and_then(|spouse| numbers.get(spouse)).cloned();
        let (status, from) = (civil.status, Some(civil.from));
        periods.push(CivilPeriod { status, from, until, spouse, registered: None });
        until = Some(civil.from);
    }
    let (status, from) = (CivilStatus::Unmarried, Some(draft.born));
    periods.push(CivilPeriod { status, from, until, spouse: None, registered: None });
    periods
}

fn family(draft: &Draft, town: &Town<'_>, numbers: &[Cpr], person: &mut Person) {
    if draft.origin == Origin::Other {
        person.birthplace =
            Some(Birthplace { authority: None, name: "Polen".into(), registered: None });
        return;
    }
    let first = draft.homes.first().and_then(|home| town.towns.get(home.town));
    person.birthplace = first.map(|town| Birthplace {
        authority: Some(town.municipality),
        name: "".into(),
        registered: None,
    });
    let parent = |who: usize| {
        let known = town.drafts.get(who)?;
        Some(Parent {
            cpr: numbers.get(who).cloned(),
            birth_date: Some(known.born),
            name: format!("{} {}", known.given, known.family).as_str().into(),
            since: Some(draft.born),
            registered: None,
        })
    };
    match draft.parents {
        Some((father, mother)) => {
            (person.father, person.mother) = (parent(father), parent(mother));
        }
        None => {
            // Parents before the register began: a birth date without a number.
            let day = |years: i64, days: i64| {
                draft.born.saturating_sub(years.years()).saturating_add(days.days())
            };
            let spread = i64::from(draft.born.day()) * 11 % 360;
            let outside = |birth_date| Parent {
                cpr: None,
                birth_date: Some(birth_date),
                name: "".into(),
                since: Some(draft.born),
                registered: None,
            };
            person.mother = Some(outside(day(22 + spread % 14, spread)));
            person.father = Some(outside(day(24 + spread % 17, 360 - spread)));
        }
    }
    let child = |who: &usize| {
        let birth_date = town.drafts.get(*who)?.born;
        let cpr = numbers.get(*who).cloned();
        Some(Child { cpr, birth_date: Some(birth_date), registered: None })
    };
    person.children = draft.children.iter().filter_map(child).collect();
    person.children.sort_by_key(|child| child.birth_date);
}

fn special(draft: &Draft, today: Date, old: &Cpr, person: &mut Person) {
    let ago = |days: i64| Some(today.saturating_sub(days.days()));
    person.status_since = draft.homes.first().map(|home| home.from);
    match draft.story {
        Story::NumberChanged => {
            person.former_numbers.push(FormerNumber { cpr: old.clone(), until: ago(4_000) });
        }
        Story::Protected => person.protection.push((ago(300), None)),
        Story::Guardianship => person.guardianship.push((ago(700), None)),
        Story::Emigrated => {
            let left = Some(left(draft, today));
            person.status_since = left;
            person.departures.push(Departure { country: "SWE".into(), left, returned: None });
        }
        Story::Disappeared => person.status_since = ago(150),
        Story::Dead => person.status_since = draft.died,
        Story::Ordinary
        | Story::Greenland
        | Story::NameChanged
        | Story::NewlyArrived
        | Story::Administrative
        | Story::WithoutNumber
        | Story::Child => {}
    }
}

/// The day of leaving the country.
fn left(draft: &Draft, today: Date) -> Date {
    let last = draft.homes.last().map_or(today, |home| home.from);
    last.saturating_add(20.days()).min(today.saturating_sub(30.days()))
}
