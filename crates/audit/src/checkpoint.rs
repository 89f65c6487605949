//! Checkpoints: the size and head of the journal at some time. They are kept outside the database and reveal that a
//! backup was restored.

use crate::head::Head;
use base64ct::{Base64, Encoding};

/// The longest origin line, in bytes.
const ORIGIN_BYTES_MAX: usize = 200;
/// The longest text of a checkpoint, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// The size and head of the journal at some time.
///
/// The text form is the body of a C2SP checkpoint (tlog-checkpoint), with origin, size and head on separate lines:
///
/// ```text
/// recovery.example
/// 42
/// qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=
/// evidence 1 17 0123456789abcdef0123456789abcdef
/// ```
///
/// The fourth line is an optional extension with the epoch, generation and root of the evidence about rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    head: Head,
    evidence: Option<Evidence>,
}

/// The part of a checkpoint about the evidence about rows of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The epoch, which increases with each accepted restore.
    pub epoch: u32,
    /// The number of times that the evidence was folded.
    pub generation: u64,
    /// The random id of the root of its tree; 0 for an empty tree.
    pub root: u128,
}

impl Evidence {
    fn line(self) -> String {
        format!("evidence {} {} {:032x}", self.epoch, self.generation, self.root)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (Some("evidence"), Some(epoch), Some(generation), Some(root), None) =
            (words.next(), words.next(), words.next(), words.next(), words.next())
        else {
            return None;
        };
        let found = Self {
            epoch: epoch.parse().ok()?,
            generation: generation.parse().ok()?,
            root: u128::from_str_radix(root, 16).ok()?,
        };
        // Each value has exactly one text.
        (found.line() == line).then_some(found)
    }
}

/// Why a text is not a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The origin is empty, is too long, or contains a line break or another control character.
    #[error("the origin of a checkpoint is one printable line of 1 to 200 bytes")]
    Origin,
    /// The text does not have three or four lines.
    #[error("a checkpoint is three or four lines, each ended by a line feed")]
    Lines,
    /// The second line is not a size.
    #[error("the second line of a checkpoint is its size in decimal")]
    Size,
    /// The third line is not a head.
    #[error("the third line of a checkpoint is a head of 32 bytes in base64")]
    Head,
    /// The fourth line is not about evidence.
    #[error("the fourth line of a checkpoint is epoch, generation and root of the evidence")]
    Evidence,
}

/// The relation of the journal to a checkpoint from outside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The journal extends the checkpoint, or ends with it.
    Extends,
    /// The journal is shorter: a backup was restored, and counters must fail closed.
    RolledBack,
    /// The journal has another head at the size of the checkpoint: it was rewritten.
    Rewritten,
}

impl Checkpoint {
    /// Makes a checkpoint of the log with the name `origin`.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Origin`] where the name is not one printable line of 1 to 200 bytes.
    pub fn new(origin: &str, head: Head) -> Result<Self, CheckpointError> {
        let fits = (1..=ORIGIN_BYTES_MAX).contains(&origin.len());
        if !fits || origin.chars().any(char::is_control) {
            return Err(CheckpointError::Origin);
        }
        Ok(Self { origin: origin.to_owned(), head, evidence: None })
    }

    /// Adds the part about the evidence about rows.
    #[must_use]
    pub fn with_evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// The part about the evidence about rows, where the checkpoint has it.
    #[must_use]
    pub const fn evidence(&self) -> Option<Evidence> {
        self.evidence
    }

    /// The name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The size and head of the log.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// The text form of the checkpoint.
    #[must_use]
    pub fn to_text(&self) -> String {
        let head = Base64::encode_string(&self.head.hash);
        let evidence = self.evidence.map_or_else(String::new, |it| format!("{}\n", it.line()));
        format!("{}\n{}\n{head}\n{evidence}", self.origin, self.head.size)
    }

    /// Parses the text form.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] for the line that is wrong.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(CheckpointError::Lines);
        }
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(head), evidence, None) =
            (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Lines);
        };
        let canonical = size == "0" || !size.starts_with('0');
        if !canonical || !size.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CheckpointError::Size);
        }
        let size = size.parse().map_err(|_| CheckpointError::Size)?;
        let hash = Base64::decode_vec(head)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or(CheckpointError::Head)?;
        let mut checkpoint = Self::new(origin, Head { size, hash })?;
        if let Some(line) = evidence {
            checkpoint.evidence = Some(Evidence::parse(line).ok_or(CheckpointError::Evidence)?);
        }
        Ok(checkpoint)
    }

    /// Compares the checkpoint with a journal that now ends at `end`. The head of the journal at the size of this
    /// checkpoint is `there`, or `None` where it has fewer rows.
    #[must_use]
    pub fn judge(&self, end: Head, there: Option<[u8; 32]>) -> Standing {
        if end.size < self.head.size {
            return Standing::RolledBack;
        }
        let there = if end.size == self.head.size { Some(end.hash) } else { there };
        let there = if self.head.size == 0 { Some(Head::EMPTY.hash) } else { there };
        if there == Some(self.head.hash) { Standing::Extends } else { Standing::Rewritten }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(size: u64, fill: u8) -> Checkpoint {
        Checkpoint::new("recovery.example", Head { size, hash: [fill; 32] }).unwrap()
    }

    #[test]
    fn a_checkpoint_survives_its_text() {
        let one = checkpoint(42, 7);

        assert_eq!(Checkpoint::parse(&one.to_text()), Ok(one));
        let two = checkpoint(42, 7).with_evidence(Evidence { epoch: 1, generation: 9, root: 5 });
        assert_eq!(Checkpoint::parse(&two.to_text()), Ok(two.clone()));
        for bent in [" 9 ", " 09 ", " -9 ", " +9 ", " 9  "] {
            let text = two.to_text().replace(" 9 ", bent);
            let fits = bent == " 9 ";
            assert_eq!(Checkpoint::parse(&text).is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn a_damaged_text_names_the_line() {
        let text = checkpoint(42, 7).to_text();

        assert_eq!(Checkpoint::parse(text.trim_end()), Err(CheckpointError::Lines));
        assert_eq!(Checkpoint::parse(&format!("{text}x\n")), Err(CheckpointError::Evidence));
        assert_eq!(Checkpoint::parse(&format!("{text}x\ny\n")), Err(CheckpointError::Lines));
        assert_eq!(Checkpoint::parse(&text.replace("42", "042")), Err(CheckpointError::Size));
        assert_eq!(Checkpoint::parse(&text.replace("42", "+42")), Err(CheckpointError::Size));
        let huge = text.replace("42", "18446744073709551616");
        assert_eq!(Checkpoint::parse(&huge), Err(CheckpointError::Size));
        assert_eq!(Checkpoint::parse("a\n1\nAAAA\n"), Err(CheckpointError::Head));
        assert_eq!(Checkpoint::parse(&format!("\n{text}")), Err(CheckpointError::Size));
        assert_eq!(Checkpoint::parse(&"a".repeat(5_000)), Err(CheckpointError::Lines));
    }

    #[test]
    fn a_shorter_journal_was_rolled_back_and_another_head_was_rewritten() {
        let kept = checkpoint(5, 7);
        let end = |size, fill| Head { size, hash: [fill; 32] };

        assert_eq!(kept.judge(end(4, 1), None), Standing::RolledBack);
        assert_eq!(kept.judge(end(5, 7), None), Standing::Extends);
        assert_eq!(kept.judge(end(5, 8), None), Standing::Rewritten);
        assert_eq!(kept.judge(end(9, 1), Some([7; 32])), Standing::Extends);
        assert_eq!(kept.judge(end(9, 1), Some([8; 32])), Standing::Rewritten);
        assert_eq!(kept.judge(end(9, 1), None), Standing::Rewritten);
        let fresh = Checkpoint::new("x", Head::EMPTY).unwrap();
        assert_eq!(fresh.judge(end(9, 1), None), Standing::Extends);
    }
}
