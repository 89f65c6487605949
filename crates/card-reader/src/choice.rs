//! Which of the readers is meant.

use crate::error::ReaderError;

/// The name of vsmartcard's virtual reader in PC/SC, and the one that people know it by.
const VIRTUAL: (&str, &str) = ("vpcd", "virtualpcd");

/// Which of the machine's readers is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The only one; several are refused.
    Only,
    /// The first that the service lists.
    First,
    /// The first whose name has these letters and digits in a row, whatever their case; `vpcd` is vsmartcard's virtual
    /// reader.
    Named(String),
}

impl Choice {
    /// The place in the list of the reader that is meant.
    #[cfg_attr(not(feature = "pcsc"), expect(dead_code, reason = "nothing lists readers"))]
    pub(crate) fn among(&self, names: &[String]) -> Result<usize, ReaderError> {
        let listed = || names.join(", ");
        match (self, names) {
            (_, []) => Err(ReaderError::None),
            (Self::Only, [_]) | (Self::First, _) => Ok(0),
            (Self::Only, _) => Err(ReaderError::Several(listed())),
            (Self::Named(wanted), _) => {
                let plain_wanted = match plain(wanted) {
                    name if name == VIRTUAL.0 => VIRTUAL.1.to_owned(),
                    name => name,
                };
                // Slots of one reader differ by their number alone: the first is meant.
                names
                    .iter()
                    .position(|name| plain(name).contains(&plain_wanted))
                    .ok_or_else(|| ReaderError::Unknown { wanted: wanted.clone(), there: listed() })
            }
        }
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

#[cfg(all(test, feature = "pcsc"))]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_chosen_by_a_part_of_its_name() {
        let names: Vec<String> = ["ACS ACR1252 00 00", "Virtual PCD 00 00", "Virtual PCD 00 01"]
            .map(String::from)
            .into();
        let named = |name: &str| Choice::Named(name.to_owned()).among(&names);

        assert_eq!(named("vpcd").unwrap(), 1);
        assert_eq!(named("pcd 00 01").unwrap(), 2);
        assert_eq!(named("acr1252").unwrap(), 0);
        assert!(matches!(named("omnikey"), Err(ReaderError::Unknown { .. })));
        assert_eq!(Choice::First.among(&names).unwrap(), 0);
        assert_eq!(Choice::Only.among(&names[..1]).unwrap(), 0);
        assert!(matches!(Choice::Only.among(&names), Err(ReaderError::Several(_))));
        for choice in [Choice::Only, Choice::First, Choice::Named("acr".to_owned())] {
            assert!(matches!(choice.among(&[]), Err(ReaderError::None)));
        }
    }
}
