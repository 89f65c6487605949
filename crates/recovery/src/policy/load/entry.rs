//! Reads one value of a policy file as the type that its key takes.

use core::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::DeValue;

use super::{LoadError, SPAN_SECS_MAX};
use crate::policy::{Consequence, Rung};
use crate::time::Duration;

const RUNGS_MAX: usize = 9;
const STATES_MAX: usize = 16;

pub(super) struct File<'a> {
    pub(super) text: &'a str,
}

impl File<'_> {
    pub(super) fn error_at(&self, span: Range<usize>, what: String) -> LoadError {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
        LoadError { line, what }
    }
}

/// One key of a policy file with its value, and the place of both in the file.
pub(super) struct Entry<'a> {
    pub(super) file: &'a File<'a>,
    pub(super) section: &'a str,
    pub(super) key: &'a str,
    pub(super) value: &'a Spanned<DeValue<'a>>,
}

impl Entry<'_> {
    pub(super) fn small(&self, range: RangeInclusive<u8>) -> Result<u8, LoadError> {
        let wide = u64::from(*range.start())..=u64::from(*range.end());
        let number = self.number(self.value, self.key, wide)?;
        Ok(u8::try_from(number).unwrap_or(*range.start()))
    }

    pub(super) fn count(&self, range: RangeInclusive<u32>) -> Result<u32, LoadError> {
        let wide = u64::from(*range.start())..=u64::from(*range.end());
        let number = self.number(self.value, self.key, wide)?;
        Ok(u32::try_from(number).unwrap_or(*range.start()))
    }

    /// A cap on text messages, which may be zero; at most what the count of one hour can hold.
    pub(super) fn messages(&self) -> Result<u16, LoadError> {
        let number = self.number(self.value, self.key, 0..=u64::from(u16::MAX))?;
        Ok(u16::try_from(number).unwrap_or(u16::MAX))
    }

    pub(super) fn secs(&self, range: RangeInclusive<u64>) -> Result<Duration, LoadError> {
        Ok(Duration::from_secs(self.number(self.value, self.key, range)?))
    }

    pub(super) fn flag(&self) -> Result<bool, LoadError> {
        let value = self.value.get_ref();
        value.as_bool().ok_or_else(|| self.wrong("must be true or false"))
    }

    pub(super) fn word<'w>(&self, words: &[&'w str]) -> Result<&'w str, LoadError> {
        let given = self.value.get_ref().as_str();
        let known = given.and_then(|given| words.iter().find(|word| **word == given));
        known.copied().ok_or_else(|| self.wrong(&format!("must be one of {}", words.join(", "))))
    }

    pub(super) fn texts(&self) -> Result<Vec<String>, LoadError> {
        let list = self.value.get_ref().as_array().filter(|list| list.len() <= STATES_MAX);
        let list = list.ok_or_else(|| self.wrong("must be a short list of texts"))?;
        list.iter()
            .map(|item| {
                let text = item.get_ref().as_str();
                text.map(str::to_owned).ok_or_else(|| self.wrong("must be a list of texts"))
            })
            .collect()
    }

    pub(super) fn ladder(&self) -> Result<Vec<Rung>, LoadError> {
        let list = self.value.get_ref().as_array().filter(|list| list.len() <= RUNGS_MAX);
        let list = list.ok_or_else(|| self.wrong("must be a list of up to 9 rungs"))?;
        list.iter().map(|rung| self.rung(rung)).collect()
    }

    fn rung(&self, value: &Spanned<DeValue<'_>>) -> Result<Rung, LoadError> {
        let shape = "each rung must be { wrong = …, lock_secs = … } or { wrong = …, block = true }";
        let wrong_shape = || self.wrong_at(value.span(), shape);
        let table = value.get_ref().as_table().ok_or_else(wrong_shape)?;
        let wrong = table.get("wrong").ok_or_else(wrong_shape)?;
        let wrong = self.number(wrong, "ladder.wrong", 1..=10)?;
        let wrong = u8::try_from(wrong).map_err(|_| wrong_shape())?;
        let consequence = match (table.len(), table.get("lock_secs"), table.get("block")) {
            (2, Some(secs), None) => {
                let secs = self.number(secs, "ladder.lock_secs", 1..=SPAN_SECS_MAX)?;
                Consequence::Lock(Duration::from_secs(secs))
            }
            (2, None, Some(block)) if block.get_ref().as_bool() == Some(true) => Consequence::Block,
            _ => return Err(wrong_shape()),
        };
        Ok(Rung { wrong, consequence })
    }

    fn number(
        &self,
        value: &Spanned<DeValue<'_>>,
        key: &str,
        range: RangeInclusive<u64>,
    ) -> Result<u64, LoadError> {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|integer| u64::from_str_radix(integer.as_str(), integer.radix()).ok());
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            let what = format!(
                "{}.{key}: must be a whole number from {} to {}",
                self.section,
                range.start(),
                range.end()
            );
            self.file.error_at(value.span(), what)
        })
    }

    fn wrong(&self, what: &str) -> LoadError {
        self.wrong_at(self.value.span(), what)
    }

    fn wrong_at(&self, span: Range<usize>, what: &str) -> LoadError {
        self.file.error_at(span, format!("{}.{}: {what}", self.section, self.key))
    }
}
