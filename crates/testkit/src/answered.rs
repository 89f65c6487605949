//! Reads sources for the codes that they answer, so that no list of codes can forget one.

use std::collections::BTreeSet;
use std::path::Path;

/// Calls that answer a code, and which argument it is.
const CALLS: [(&str, usize); 4] = [
    ("Failure::refused(", 0),
    ("Failure::with_tries(", 0),
    ("Failure::with_wait(", 0),
    ("Refusal::new(", 1),
];

/// What was found.
#[derive(Debug, Default)]
pub struct Answered {
    /// Codes that stand in the source.
    pub codes: BTreeSet<String>,
    /// Arguments that are worked out when they are answered, as they stand in the source.
    pub computed: BTreeSet<String>,
}

impl Answered {
    /// Reads every file of the product under `folder`.
    ///
    /// # Panics
    ///
    /// Where a file cannot be read: this runs in tests alone.
    #[must_use]
    pub fn under(folder: &Path) -> Self {
        let mut found = Self::default();
        found.walk(folder);
        found
    }

    #[expect(clippy::expect_used, reason = "runs in tests alone")]
    fn walk(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("the folder can be listed").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                self.walk(&path);
            } else if name.ends_with(".rs") && !matches!(name, "tests.rs" | "house.rs") {
                let source = std::fs::read_to_string(&path).expect("the file can be read");
                self.read(&source);
            }
        }
    }

    fn read(&mut self, source: &str) {
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (call, which) in CALLS {
            for (at, _) in source.match_indices(call) {
                let rest = source.get(at.saturating_add(call.len())..).unwrap_or_default();
                let argument = arguments(rest).into_iter().nth(which).unwrap_or_default();
                self.sort(source, argument);
            }
        }
    }

    fn sort(&mut self, source: &str, argument: &str) {
        let is_constant = !argument.is_empty()
            && argument.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if let Some(code) = literal(argument) {
            self.codes.insert(code.to_owned());
        } else if is_constant
            && let Some((_, value)) = source.split_once(&format!("const {argument}: &str = "))
            && let Some(code) = value.split(';').next().and_then(literal)
        {
            self.codes.insert(code.to_owned());
        } else {
            self.computed.insert(argument.to_owned());
        }
    }
}

/// The text between the quotes, where it is nothing but a literal.
fn literal(text: &str) -> Option<&str> {
    text.trim().strip_prefix('"')?.strip_suffix('"').filter(|inner| !inner.contains('"'))
}

/// The arguments up to the bracket that closes the call.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0_usize, 0, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
            b')' | b']' | b'}' if depth == 0 => {
                found.push(text.get(from..at).unwrap_or_default().trim());
                break;
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                found.push(text.get(from..at).unwrap_or_default().trim());
                from = at.saturating_add(1);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_as_literals_and_constants_and_the_rest_is_named() {
        let source = "const NO: &str = \"no\";\n\
                      Failure::refused(\"plain\"); Failure::refused(NO);\n\
                      Refusal::new(status(a, b), \"second\"); Failure::refused(told(reason));\n\
                      #[cfg(test)]\nmod tests { Failure::refused(\"of-a-test\") }";
        let mut found = Answered::default();

        found.read(source);

        assert_eq!(found.codes.into_iter().collect::<Vec<_>>(), ["no", "plain", "second"]);
        assert_eq!(found.computed.into_iter().collect::<Vec<_>>(), ["told(reason)"]);
    }
}
