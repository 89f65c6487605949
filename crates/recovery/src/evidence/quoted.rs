//! The document number that a caller reads out and an agent types twice.

use crate::rejection::Rejection;
use crate::sensitive::Sensitive;

crate::codes! {
    /// The documents whose number a caller may read out (SERVICE.md R8).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum QuotedDocument {
        Passport => "passport",
        DrivingLicence => "driving-licence",
    }
}

impl QuotedDocument {
    /// How many digits the document's number has. Neither number has a check digit (SERVICE.md section 6).
    #[must_use]
    pub const fn digits(self) -> usize {
        match self {
            Self::Passport => 9,
            Self::DrivingLicence => 8,
        }
    }
}

/// A document number that was typed twice alike and has the right form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedNumber {
    document: QuotedDocument,
    number: Sensitive<String>,
}

impl TypedNumber {
    /// Compares the two typings, without spaces and hyphens.
    ///
    /// # Errors
    ///
    /// [`Rejection::NumbersDiffer`] or [`Rejection::NumberMalformed`]. Both depend only on what was typed and do not
    /// tell who is registered.
    pub fn twice(document: QuotedDocument, first: &str, second: &str) -> Result<Self, Rejection> {
        let (first, second) = (digits(first, document)?, digits(second, document)?);
        if first != second {
            return Err(Rejection::NumbersDiffer);
        }
        Ok(Self { document, number: first })
    }

    #[must_use]
    pub const fn document(&self) -> QuotedDocument {
        self.document
    }

    /// The digits of the number, to be hashed for the look-up.
    #[must_use]
    pub const fn number(&self) -> &Sensitive<String> {
        &self.number
    }
}

fn digits(typed: &str, document: QuotedDocument) -> Result<Sensitive<String>, Rejection> {
    let kept: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(32).collect();
    if kept.len() == document.digits() && kept.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(Sensitive::new(kept))
    } else {
        Err(Rejection::NumberMalformed)
    }
}
