//! Reads dates, months, years and counts in Danish and English forms.

/// A date, month or year as somebody said it; the century may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    year: Option<Year>,
    month: Option<u16>,
    pub(super) day: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Year {
    Whole(u16),
    /// Two digits.
    Short(u16),
}

impl Moment {
    /// Whether it lies in this year and, where a month is given, in this month.
    pub(super) fn is_in(&self, year: u16, month: Option<u16>) -> bool {
        let same_year = match self.year {
            Some(Year::Whole(said)) => said == year,
            Some(Year::Short(said)) => said == year % 100,
            None => false,
        };
        same_year && (month.is_none() || self.month == month)
    }
}

/// Every way to read a full date: day first, year first, or with the month in words.
pub(super) fn dates_in(folded: &str) -> Vec<Moment> {
    let words = split(folded);
    let mut readings = Vec::new();
    let parts: Vec<_> = words.iter().map(|word| part(word)).collect();
    match parts.as_slice() {
        [Part::Digits(day), Part::Month(month), Part::Digits(year)]
        | [Part::Month(month), Part::Digits(day), Part::Digits(year)] => {
            readings.push(moment(Some(day), Some(*month), year_of(year)));
        }
        [Part::Digits(first), Part::Digits(second), Part::Digits(third)] => {
            if first.len() == 4 {
                readings.push(moment(Some(third), small(second), year_of(first)));
            } else {
                readings.push(moment(Some(first), small(second), year_of(third)));
            }
        }
        // Six or eight digits in a row, as in a national number or the other way round.
        [Part::Digits(all)] => readings.extend(run_of_digits(all)),
        _ => {}
    }
    readings
}

/// Every way to read a month with its year; a full date counts too.
pub(super) fn months_in(folded: &str) -> Vec<Moment> {
    let words = split(folded);
    let parts: Vec<_> = words.iter().map(|word| part(word)).collect();
    match parts.as_slice() {
        [Part::Month(month), Part::Digits(year)] | [Part::Digits(year), Part::Month(month)] => {
            vec![moment(None, Some(*month), year_of(year))]
        }
        [Part::Digits(first), Part::Digits(second)] => {
            if first.len() == 4 {
                vec![moment(None, small(second), year_of(first))]
            } else {
                vec![moment(None, small(first), year_of(second))]
            }
        }
        _ => dates_in(folded),
    }
}

/// Every way to read a year, of two or four digits; a month or date with its year counts too.
pub(super) fn years_in(folded: &str) -> Vec<Moment> {
    let words = split(folded);
    let parts: Vec<_> = words.iter().map(|word| part(word)).collect();
    match parts.as_slice() {
        [Part::Digits(year)] if matches!(year.len(), 2 | 4) => {
            vec![moment(None, None, year_of(year))]
        }
        _ => months_in(folded),
    }
}

/// A count in digits or words.
pub(super) fn number_in(folded: &str) -> Option<u16> {
    let mut counts = folded.split(' ').filter_map(|word| small(word).or_else(|| counted(word)));
    match (counts.next(), counts.next()) {
        (Some(count), None) => Some(count),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

enum Part<'a> {
    Digits(&'a str),
    Month(u16),
    Other,
}

/// Splits into words, without the endings of ordinals and without small words: "den 3. maj", "the 3rd of May".
fn split(folded: &str) -> Vec<String> {
    folded
        .split(' ')
        .filter(|word| !matches!(*word, "" | "den" | "d" | "the" | "of" | "i" | "in" | "aar"))
        .map(|word| {
            let bare = ["st", "nd", "rd", "th"]
                .iter()
                .find_map(|ending| word.strip_suffix(ending))
                .filter(|bare| !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit()));
            bare.unwrap_or(word).to_owned()
        })
        .collect()
}

fn part(word: &str) -> Part<'_> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Part::Digits(word);
    }
    month_named(word).map_or(Part::Other, Part::Month)
}

fn moment(day: Option<&str>, month: Option<u16>, year: Option<Year>) -> Moment {
    Moment { year, month, day: day.and_then(small) }
}

fn run_of_digits(all: &str) -> Vec<Moment> {
    let read = |day: (usize, usize), month: (usize, usize), year: (usize, usize)| {
        let year = all.get(year.0..year.1).and_then(year_of);
        moment(all.get(day.0..day.1), all.get(month.0..month.1).and_then(small), year)
    };
    match all.len() {
        6 => vec![read((0, 2), (2, 4), (4, 6))],
        8 => vec![read((0, 2), (2, 4), (4, 8)), read((6, 8), (4, 6), (0, 4))],
        _ => Vec::new(),
    }
}

fn year_of(digits: &str) -> Option<Year> {
    let value = digits.parse().ok()?;
    match digits.len() {
        4 => Some(Year::Whole(value)),
        2 => Some(Year::Short(value)),
        _ => None,
    }
}

fn small(digits: &str) -> Option<u16> {
    let plausible = matches!(digits.len(), 1 | 2) && digits.bytes().all(|b| b.is_ascii_digit());
    if plausible { digits.parse().ok() } else { None }
}

fn month_named(word: &str) -> Option<u16> {
    const NAMES: [(&str, &str); 12] = [
        ("januar", "january"),
        ("februar", "february"),
        ("marts", "march"),
        ("april", "april"),
        ("maj", "may"),
        ("juni", "june"),
        ("juli", "july"),
        ("august", "august"),
        ("september", "september"),
        ("oktober", "october"),
        ("november", "november"),
        ("december", "december"),
    ];
    if word.len() < 3 {
        return None;
    }
    let at = NAMES.iter().position(|(danish, english)| {
        let short = word.len() <= 4;
        word == *danish
            || word == *english
            || (short && (danish.starts_with(word) || english.starts_with(word)))
    })?;
    u16::try_from(at).ok()?.checked_add(1)
}

fn counted(word: &str) -> Option<u16> {
    Some(match word {
        "nul" | "ingen" | "zero" | "none" | "no" => 0,
        "en" | "et" | "een" | "one" => 1,
        "to" | "two" => 2,
        "tre" | "three" => 3,
        "fire" | "four" => 4,
        "fem" | "five" => 5,
        "seks" | "six" => 6,
        "syv" | "seven" => 7,
        "otte" | "eight" => 8,
        "ni" | "nine" => 9,
        "ti" | "ten" => 10,
        "elleve" | "eleven" => 11,
        "tolv" | "twelve" => 12,
        _ => return None,
    })
}
