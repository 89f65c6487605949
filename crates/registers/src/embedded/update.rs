//! Updates the tables with a newer population file.

use std::collections::HashMap;

use jiff::civil::Date;

use super::{Tables, TablesError};
use crate::{Cpr, Person, PersonRef};

impl Tables {
    /// Replaces the people by those of a newer file. Each statement that is new in it is marked with the day on which
    /// it was first seen.
    ///
    /// Somebody who can change the register before a call could backdate the change, but not the day on which this
    /// service first saw it. A person who is new in the file is marked as a whole, unless the tables were empty.
    ///
    /// # Errors
    ///
    /// [`TablesError`] where the new rows contradict each other.
    pub fn with_population(
        &self,
        mut people: Vec<Person>,
        seen_on: Date,
    ) -> Result<Self, TablesError> {
        let known: HashMap<&PersonRef, &Person> =
            self.people.iter().map(|person| (&person.person, person)).collect();
        if !self.people.is_empty() {
            for person in &mut people {
                let before = known.get(&person.person).copied();
                let before = before.or_else(|| self.earlier_number(person));
                match before {
                    Some(before) => mark_changes(person, before, seen_on),
                    None => person.registered = person.registered.max(Some(seen_on)),
                }
            }
        }
        let tables =
            Self::new(people, self.documents.clone(), self.places.clone(), self.freshness)?;
        Ok(tables.with_centres(self.centres.clone()))
    }

    /// The earlier row of the person under any of their numbers: a person whose number changed is the same person.
    fn earlier_number(&self, person: &Person) -> Option<&Person> {
        person.numbers().find_map(|cpr: &Cpr| self.person_by_cpr(cpr))
    }
}

/// Marks every statement about `person` that `before` did not have; the others keep their marks.
fn mark_changes(person: &mut Person, before: &Person, seen_on: Date) {
    let seen = Some(seen_on);
    person.registered = person.registered.max(before.registered);
    for row in &mut person.residences {
        let old = before.residences.iter().find(|old| {
            old.address.same_place(&row.address) && (old.from, old.until) == (row.from, row.until)
        });
        row.registered = row.registered.max(old.map_or(seen, |old| old.registered));
    }
    for row in &mut person.names {
        let old = before
            .names
            .iter()
            .find(|old| old.full() == row.full() && (old.from, old.until) == (row.from, row.until));
        row.registered = row.registered.max(old.map_or(seen, |old| old.registered));
    }
    for row in &mut person.civil {
        let old = before
            .civil
            .iter()
            .find(|old| (old.status, old.from, old.until) == (row.status, row.from, row.until));
        row.registered = row.registered.max(old.map_or(seen, |old| old.registered));
    }
    for row in &mut person.children {
        let old = before
            .children
            .iter()
            .find(|old| old.birth_date == row.birth_date && old.cpr == row.cpr);
        row.registered = row.registered.max(old.map_or(seen, |old| old.registered));
    }
    if person.children.len() < before.children.len()
        && let Some(child) = person.children.first_mut()
    {
        // A child less changes the right answers as well.
        child.registered = child.registered.max(seen);
    }
    if let Some(row) = &mut person.birthplace {
        let old = before.birthplace.as_ref();
        let old = old.filter(|old| (old.authority, &old.name) == (row.authority, &row.name));
        row.registered = row.registered.max(old.map_or(seen, |old| old.registered));
    }
    let parents = [
        (&mut person.mother, before.mother.as_ref()),
        (&mut person.father, before.father.as_ref()),
    ];
    for (row, old) in parents {
        if let Some(row) = row {
            let old = old.filter(|old| old.birth_date == row.birth_date);
            row.registered = row.registered.max(old.map_or(seen, |old| old.registered));
        }
    }
}
