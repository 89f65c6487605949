//! Three generations at a time: weddings, children, moves, deaths.

mod record;

use jiff::{ToSpan as _, civil::Date};
use registers::{CivilStatus, Sex};

use super::{
    Resident, Story,
    papers::{day_of, small},
    random::Random,
    tables::{self, Origin, TownRow},
};

/// A time at an address, from its first day.
#[derive(Clone)]
struct Home {
    from: Date,
    town: usize,
    road: &'static str,
    house: String,
}

/// A period of civil status and with whom.
#[derive(Clone, Copy)]
struct Civil {
    status: CivilStatus,
    from: Date,
    spouse: Option<usize>,
}

/// Somebody before the register's form.
struct Draft {
    born: Date,
    sex: Sex,
    origin: Origin,
    given: &'static str,
    middle: Option<&'static str>,
    family: &'static str,
    /// The family name taken at a wedding.
    taken: Option<(&'static str, Date)>,
    parents: Option<(usize, usize)>,
    children: Vec<usize>,
    /// From old to new; whoever has none is unmarried.
    civil: Vec<Civil>,
    /// From old to new.
    homes: Vec<Home>,
    died: Option<Date>,
    story: Story,
}

/// Everybody so far.
pub(super) struct Town<'a> {
    random: &'a mut Random,
    today: Date,
    towns: Vec<TownRow>,
    roads: Vec<&'static str>,
    drafts: Vec<Draft>,
    families: usize,
}

impl<'a> Town<'a> {
    pub(super) fn new(random: &'a mut Random, today: Date) -> Self {
        let (towns, roads) = (tables::towns(), tables::roads());
        Self { random, today, towns, roads, drafts: Vec::new(), families: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.drafts.len()
    }

    pub(super) fn truncate(&mut self, count: usize) {
        self.drafts.truncate(count);
    }

    /// Grandparents, their children with partners, and grandchildren.
    pub(super) fn add_family(&mut self) {
        self.families += 1;
        let greenland = self.families % 7 == 3;
        let origin = if greenland { Origin::Greenlandic } else { Origin::Danish };
        let year = 1_934 + small(self.random, 22);
        let husband = self.person(year, Sex::Male, origin, None);
        let younger = small(self.random, 4);
        let wife = self.person(year + younger, Sex::Female, origin, None);
        let wedding = self.wedding(husband, wife, 22, 30);
        let mut children = Vec::new();
        for n in 0..=small(self.random, 2) {
            let year = wedding.year() + 1 + n * 3 + small(self.random, 2);
            children.extend(self.child(husband, wife, year));
        }
        for &child in &children {
            self.add_second_generation(child);
        }
        for old in [husband, wife] {
            self.may_have_died(old);
        }
        if self.families.is_multiple_of(2) {
            self.add_single();
        }
    }

    /// A grown child: perhaps a wedding, children, a divorce and another wedding.
    fn add_second_generation(&mut self, child: usize) {
        let Some(draft) = self.drafts.get(child) else { return };
        let (year, sex, origin) = (draft.born.year(), draft.sex, draft.origin);
        let grown = self.today.year() - year >= 25;
        if !grown || !self.random.percent(80) {
            return;
        }
        let other = match sex {
            Sex::Female => Sex::Male,
            Sex::Male => Sex::Female,
        };
        let apart = small(self.random, 4);
        let partner = self.person(year - 2 + apart, other, origin, None);
        let wedding = self.wedding(child, partner, 24, 33);
        let (father, mother) = if sex == Sex::Male { (child, partner) } else { (partner, child) };
        for n in 0..small(self.random, 3) {
            let year = wedding.year() + n * 2 + small(self.random, 2);
            if year < self.today.year() - 1 {
                self.child(father, mother, year);
            }
        }
        if self.random.percent(28) {
            self.divorce(child, partner, wedding);
        }
    }

    /// Somebody without a family here.
    fn add_single(&mut self) {
        let arrived = self.families.is_multiple_of(4);
        let origin = if arrived { Origin::Other } else { Origin::Danish };
        let sex = if self.random.percent(50) { Sex::Female } else { Sex::Male };
        let year = 1_960 + small(self.random, 40);
        let single = self.person(year, sex, origin, None);
        let since = self.today.saturating_sub(i64::from(self.random.between(50, 70)).days());
        let Some(draft) = self.drafts.get_mut(single) else { return };
        if arrived {
            draft.story = Story::NewlyArrived;
            if let Some(home) = draft.homes.last_mut() {
                home.from = since;
            }
            let last = draft.homes.len().saturating_sub(1);
            draft.homes.drain(..last);
        } else if self.families % 8 == 2 {
            draft.story = Story::Administrative;
            draft.homes.clear();
        }
    }

    fn person(
        &mut self,
        year: i16,
        sex: Sex,
        origin: Origin,
        parents: Option<(usize, usize)>,
    ) -> usize {
        let born = day_of(self.random, year).min(self.today.saturating_sub(40.days()));
        let given = *self.random.pick(&tables::first_names(sex, origin));
        let middle =
            self.random.percent(30).then(|| *self.random.pick(&tables::last_names(origin)));
        let father = parents.and_then(|(father, _)| self.drafts.get(father));
        let family = father.map(|father| father.family);
        let family =
            family.unwrap_or_else(|| *self.random.pick(tables::last_names(origin).as_slice()));
        let homes = self.homes(born, origin, parents);
        self.drafts.push(Draft {
            born,
            sex,
            origin,
            given,
            middle,
            family,
            taken: None,
            parents,
            children: Vec::new(),
            civil: Vec::new(),
            homes,
            died: None,
            story: Story::Ordinary,
        });
        self.drafts.len() - 1
    }

    fn child(&mut self, father: usize, mother: usize, year: i16) -> Option<usize> {
        let sex = if self.random.percent(50) { Sex::Female } else { Sex::Male };
        let origin = self.drafts.get(mother)?.origin;
        let child = self.person(year, sex, origin, Some((father, mother)));
        for parent in [father, mother] {
            self.drafts.get_mut(parent)?.children.push(child);
        }
        Some(child)
    }

    /// With the mother until grown, then a move every few years.
    fn homes(&mut self, born: Date, origin: Origin, parents: Option<(usize, usize)>) -> Vec<Home> {
        let mut homes = Vec::new();
        let leaves = i64::from(self.random.between(6_900, 8_300)).days();
        let mut at = born.saturating_add(leaves);
        match parents.and_then(|(_, mother)| self.drafts.get(mother)) {
            Some(mother) => {
                let before = mother.homes.iter().rev().find(|home| home.from <= born);
                homes.extend(before.map(|home| Home { from: born, ..home.clone() }));
                let during = mother.homes.iter().filter(|h| h.from > born && h.from < at);
                homes.extend(during.cloned());
            }
            None => homes.push(self.home(born, origin)),
        }
        let settled = born.saturating_add(40.years());
        while at < self.today.saturating_sub(60.days()) {
            let home = self.home(at, origin);
            homes.push(home);
            let years = if at < settled { (700, 2_600) } else { (3_000, 9_000) };
            at = at.saturating_add(i64::from(self.random.between(years.0, years.1)).days());
        }
        homes
    }

    fn home(&mut self, from: Date, origin: Origin) -> Home {
        let greenland = origin == Origin::Greenlandic && !self.random.percent(15);
        let town = loop {
            let last = i32::try_from(self.towns.len()).unwrap_or(1) - 1;
            let town = usize::try_from(self.random.between(0, last)).unwrap_or(0);
            let there = self.towns.get(town).is_some_and(|t| t.municipality.is_greenlandic());
            if there == greenland {
                break town;
            }
        };
        let road = *self.random.pick(&self.roads);
        let letter = *self.random.pick(&["", "", "", "A", "B"]);
        Home { from, town, road, house: format!("{}{letter}", self.random.between(1, 98)) }
    }

    /// Both marry, live together from then on, and one may take the other's name.
    fn wedding(&mut self, one: usize, other: usize, youngest: i16, oldest: i16) -> Date {
        let born = |town: &Self, who: usize| town.drafts.get(who).map_or(1_960, |d| d.born.year());
        let year = born(self, one).max(born(self, other)) + youngest;
        let year = year + small(self.random, oldest - youngest);
        let latest = self.today.saturating_sub(200.days());
        let day = day_of(self.random, year).min(latest);
        self.marry(one, other, day);
        day
    }

    fn marry(&mut self, one: usize, other: usize, day: Date) {
        let moved = self.drafts.get(one).map(|draft| {
            let mut homes: Vec<Home> =
                draft.homes.iter().filter(|home| home.from > day).cloned().collect();
            let before = draft.homes.iter().rev().find(|home| home.from <= day);
            homes.splice(0..0, before.map(|home| Home { from: day, ..home.clone() }));
            (homes, draft.family, draft.sex)
        });
        let Some((homes, family, sex)) = moved else { return };
        let takes = sex == Sex::Male && self.random.percent(65);
        if let Some(draft) = self.drafts.get_mut(one) {
            draft.civil.push(Civil {
                status: CivilStatus::Married,
                from: day,
                spouse: Some(other),
            });
        }
        if let Some(draft) = self.drafts.get_mut(other) {
            draft.civil.push(Civil { status: CivilStatus::Married, from: day, spouse: Some(one) });
            draft.homes.retain(|home| home.from < day);
            draft.homes.extend(homes);
            if takes && draft.family != family {
                draft.taken = Some((family, day));
            }
        }
    }

    /// Both are divorced; the one who came moves out.
    fn divorce(&mut self, one: usize, other: usize, wedding: Date) {
        let day = wedding.saturating_add(i64::from(self.random.between(900, 6_000)).days());
        if day >= self.today.saturating_sub(100.days()) {
            return;
        }
        let origin = self.drafts.get(other).map_or(Origin::Danish, |draft| draft.origin);
        let home = self.home(day, origin);
        for who in [one, other] {
            if let Some(draft) = self.drafts.get_mut(who) {
                let status = CivilStatus::Divorced;
                draft.civil.push(Civil { status, from: day, spouse: None });
            }
        }
        if let Some(draft) = self.drafts.get_mut(other) {
            draft.homes.retain(|home| home.from < day);
            draft.homes.push(home);
        }
    }

    /// Some of the old are dead, and their spouses widowed.
    fn may_have_died(&mut self, old: usize) {
        let Some(draft) = self.drafts.get(old) else { return };
        let spouse = draft.civil.last().and_then(|civil| civil.spouse);
        let widowed = draft.civil.last().is_some_and(|c| c.status == CivilStatus::Widowed);
        if widowed || !self.random.percent(22) {
            return;
        }
        let day = self.today.saturating_sub(i64::from(self.random.between(100, 3_500)).days());
        if let Some(draft) = self.drafts.get_mut(old) {
            draft.died = Some(day);
            draft.story = Story::Dead;
            draft.homes.retain(|home| home.from < day);
        }
        if let Some(draft) = spouse.and_then(|spouse| self.drafts.get_mut(spouse)) {
            let status = CivilStatus::Widowed;
            draft.civil.push(Civil { status, from: day, spouse: None });
        }
    }

    /// The register's rows.
    pub(super) fn finish(mut self) -> Vec<Resident> {
        record::tell_stories(&mut self.drafts, self.today);
        record::residents(&self)
    }
}
