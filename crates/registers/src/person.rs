//! A person of the population register, with the dates of every change.

use std::fmt;

use jiff::civil::Date;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    CivilStatus, Cpr, Departure, MunicipalityCode, PersonStatus, Residence, Sensitive, Sex,
};

/// The longest [`PersonRef`] in bytes.
const PERSON_REF_BYTES_MAX: usize = 64;

/// The operator's id of a person: the same id that enrolment uses.
///
/// A person without a national number has an id too. Where the operator has no ids of its own, the importers use the
/// ten digits of the current national number as the id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct PersonRef(String);

/// A text that is not a person id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a person id has 1 to 64 visible ASCII characters and no comma or semicolon")]
pub struct PersonRefError;

impl PersonRef {
    /// Reads an id as the operator writes it.
    ///
    /// # Errors
    ///
    /// [`PersonRefError`] where the text is empty, too long or not visible ASCII, or contains a comma or semicolon.
    pub fn parse(text: &str) -> Result<Self, PersonRefError> {
        let text = text.trim();
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b',' | b';' | b'"'));
        if text.is_empty() || text.len() > PERSON_REF_BYTES_MAX || !plain {
            return Err(PersonRefError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text of the id. It is personal data where it is a national number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Cpr> for PersonRef {
    fn from(cpr: &Cpr) -> Self {
        Self(cpr.digits().to_owned())
    }
}

impl fmt::Debug for PersonRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A name, with the period in which it was used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// All first names.
    pub given: Sensitive<String>,
    /// Middle names.
    pub middle: Sensitive<String>,
    /// Family name.
    pub family: Sensitive<String>,
    /// The first day of use; `None` where the register does not know it.
    pub from: Option<Date>,
    /// The last day of use; `None` for the current name.
    pub until: Option<Date>,
    /// The day on which the register was told, where that is later than `from`.
    pub registered: Option<Date>,
}

impl Name {
    /// First, middle and family name, separated by single spaces.
    pub fn full(&self) -> Sensitive<String> {
        let parts = [&self.given, &self.middle, &self.family];
        let words: Vec<&str> = parts.iter().flat_map(|p| p.expose().split_whitespace()).collect();
        Sensitive::new(words.join(" "))
    }
}

/// A national number that the person had before. It is kept and never reused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerNumber {
    /// The former national number.
    pub cpr: Cpr,
    /// The day on which it was replaced.
    pub until: Option<Date>,
}

/// Where the person's birth was registered: a parish, municipality or country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Birthplace {
    /// The four digits of the registering authority, where known.
    pub authority: Option<MunicipalityCode>,
    /// The name of the registering authority, where the register gives one.
    pub name: Sensitive<String>,
    /// The day on which the register was told, where that is later than the birth.
    pub registered: Option<Date>,
}

/// A parent of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The national number, where the parent has one.
    pub cpr: Option<Cpr>,
    /// The birth date, as registered or by the national number.
    pub birth_date: Option<Date>,
    /// The name, where the register gives it.
    pub name: Sensitive<String>,
    /// The day of the last change: a birth, an adoption or a recognition.
    pub since: Option<Date>,
    /// The day on which the register was told, where that is later than `since`.
    pub registered: Option<Date>,
}

/// A child of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The national number, where the child has one.
    pub cpr: Option<Cpr>,
    /// The birth date, as registered or by the national number.
    pub birth_date: Option<Date>,
    /// The day on which the register was told, where that is later than the birth.
    pub registered: Option<Date>,
}

/// A period in which a person has one civil status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CivilPeriod {
    /// The civil status in this period.
    pub status: CivilStatus,
    /// The first day of the period; for a marriage, the day of the wedding.
    pub from: Option<Date>,
    /// The last day of the period; `None` while it lasts.
    pub until: Option<Date>,
    /// The national number of the spouse or partner, where there is one.
    pub spouse: Option<Cpr>,
    /// The day on which the register was told, where that is later than `from`.
    pub registered: Option<Date>,
}

/// Everything that the register holds about one person. Lists of periods are sorted from new to old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The operator's id of the person.
    pub person: PersonRef,
    /// The current national number; `None` for a foreigner without one.
    pub cpr: Option<Cpr>,
    /// Former national numbers, which are kept for ever.
    pub former_numbers: Vec<FormerNumber>,
    /// The status of the person in the register.
    pub status: PersonStatus,
    /// The first day of the status.
    pub status_since: Option<Date>,
    /// The sex, where registered.
    pub sex: Option<Sex>,
    /// The registered birth date. Where the date in the national number differs, the registered one is right.
    pub birth_date: Option<Date>,
    /// The citizenship in three letters of Doc 9303 (`DNK`), where known.
    pub citizenship: Sensitive<String>,
    /// The current name first, then the former ones.
    pub names: Vec<Name>,
    /// The current address first, then the former ones.
    pub residences: Vec<Residence>,
    /// Periods abroad.
    pub departures: Vec<Departure>,
    /// Where the birth was registered.
    pub birthplace: Option<Birthplace>,
    /// The mother, or the parent in the mother's place in the record.
    pub mother: Option<Parent>,
    /// The father, or the parent in the father's place in the record.
    pub father: Option<Parent>,
    /// The children of the person.
    pub children: Vec<Child>,
    /// The current civil status first, then the former ones.
    pub civil: Vec<CivilPeriod>,
    /// Periods in which name and address are protected: first day, last day.
    pub protection: Vec<(Option<Date>, Option<Date>)>,
    /// Periods of guardianship with loss of legal capacity: first day, last day.
    pub guardianship: Vec<(Option<Date>, Option<Date>)>,
    /// The day on which an update first brought this person into the tables; `None` for people of the first import.
    pub registered: Option<Date>,
}

impl Person {
    /// A person of whom only the id and the status are known.
    pub const fn empty(person: PersonRef, status: PersonStatus) -> Self {
        Self {
            person,
            cpr: None,
            former_numbers: Vec::new(),
            status,
            status_since: None,
            sex: None,
            birth_date: None,
            citizenship: Sensitive::new(String::new()),
            names: Vec::new(),
            residences: Vec::new(),
            departures: Vec::new(),
            birthplace: None,
            mother: None,
            father: None,
            children: Vec::new(),
            civil: Vec::new(),
            protection: Vec::new(),
            guardianship: Vec::new(),
            registered: None,
        }
    }

    /// The current name.
    pub fn name(&self) -> Option<&Name> {
        self.names.iter().find(|name| name.until.is_none())
    }

    /// The current address; `None` for a person who is abroad, has disappeared or is dead.
    pub fn residence(&self) -> Option<&Residence> {
        self.residences.iter().find(|residence| residence.until.is_none())
    }

    /// The registered birth date, or else the one in the national number.
    pub fn born(&self) -> Option<Date> {
        self.birth_date.or_else(|| self.cpr.as_ref().map(Cpr::birth_date))
    }

    /// The current national number and all former ones, because a document may carry any of them.
    pub fn numbers(&self) -> impl Iterator<Item = &Cpr> {
        self.cpr.iter().chain(self.former_numbers.iter().map(|former| &former.cpr))
    }

    /// Whether name and address are protected on that day.
    pub fn is_protected(&self, on: Date) -> bool {
        covers(&self.protection, on)
    }

    /// Whether the person has lost legal capacity on that day.
    pub fn is_under_guardianship(&self, on: Date) -> bool {
        covers(&self.guardianship, on)
    }

    /// Sorts every list of periods from new to old, the open one first.
    pub(crate) fn sort_periods(&mut self) {
        self.names.sort_by_key(|n| newest_first(n.until, n.from));
        self.residences.sort_by_key(|r| newest_first(r.until, r.from));
        self.civil.sort_by_key(|c| newest_first(c.until, c.from));
        self.departures.sort_by_key(|d| newest_first(d.returned, d.left));
        self.children.sort_by_key(|child| child.birth_date);
    }
}

/// The order of periods: one that lasts comes first, the others by last and first day, descending.
fn newest_first(
    until: Option<Date>,
    from: Option<Date>,
) -> std::cmp::Reverse<(Date, Option<Date>)> {
    std::cmp::Reverse((until.unwrap_or(Date::MAX), from))
}

fn covers(periods: &[(Option<Date>, Option<Date>)], on: Date) -> bool {
    periods.iter().any(|(from, until)| {
        from.is_none_or(|from| from <= on) && until.is_none_or(|until| on < until)
    })
}
