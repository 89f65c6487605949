//! Dates as people type them, converted into the six digits of the MRZ.

/// Returns `YYMMDD` from `DDMMYYYY` with or without separators, from `YYYY-MM-DD`, or from the six digits
/// of the MRZ themselves.
pub(super) fn mrz_date(typed: &str) -> Option<String> {
    // As the zone has it: with fillers for what is not known, or with the check digit behind it.
    let zone = typed.replace('\u{AB}', "<<");
    let zone = zone.trim();
    let fillers = zone.contains('<') && zone.chars().all(|c| c.is_ascii_digit() || c == '<');
    let checked = zone.len() == 7 && zone.chars().all(|c| c.is_ascii_digit());
    if fillers || checked {
        return Some(zone.to_owned());
    }
    let iso = typed.split('-').next().is_some_and(|year| year.len() == 4);
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let separators = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | '/' | ' ');
    if !typed.chars().all(separators) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to);
    match digits.len() {
        6 => Some(digits),
        8 if iso => Some([part(2, 4)?, part(4, 6)?, part(6, 8)?].concat()),
        8 => Some([part(6, 8)?, part(2, 4)?, part(0, 2)?].concat()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::mrz_date;

    #[test]
    fn dates_of_the_zone_are_taken_as_they_stand() {
        for (typed, zone) in [
            ("<<<<<<", "<<<<<<"),
            ("\u{AB}\u{AB}\u{AB}", "<<<<<<"),
            ("68<<<<", "68<<<<"),
            ("6804174", "6804174"),
        ] {
            assert_eq!(mrz_date(typed).as_deref(), Some(zone));
        }
    }

    #[test]
    fn dates_are_understood_as_people_write_them() {
        for typed in ["17-04-1968", "17.04.1968", "17 04 1968", "17041968", "1968-04-17", "680417"]
        {
            assert_eq!(mrz_date(typed).as_deref(), Some("680417"), "{typed}");
        }
        for typed in ["", "17 April 1968", "1-4-68", "170419681"] {
            assert_eq!(mrz_date(typed), None, "{typed}");
        }
    }
}
