//! The words of every message in every language.
//!
//! A language is one Fluent file. Danish and English are built in; another language is one more
//! file of the operator, checked when it is loaded: every message must be there and may use only
//! the arguments that the Danish one uses.

mod check;
mod message;

use std::collections::BTreeMap;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use crate::Sensitive;

pub use check::LanguageError;
pub use message::{Appointment, AppointmentNews, Message, Notice};

const DANISH: &str = include_str!("../locales/da.ftl");
const ENGLISH: &str = include_str!("../locales/en.ftl");

/// The language of somebody who chose none, and of one whose language has no file.
const FALLBACK: &str = "da";

/// Who signs the messages.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The name of the service.
    pub service: String,
    /// The support line's number, as people read it.
    pub phone: String,
}

/// A subject and a body.
#[derive(Clone, Debug)]
pub struct MailText {
    /// One line.
    pub subject: Sensitive<String>,
    /// Plain text.
    pub body: Sensitive<String>,
}

/// A text could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the text {id} could not be made in {language}")]
pub struct TextError {
    /// The text's name in the language files.
    pub id: String,
    /// The language.
    pub language: String,
}

/// All texts.
pub struct Texts {
    sender: Sender,
    languages: BTreeMap<String, FluentBundle<FluentResource>>,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.languages.keys()).finish()
    }
}

impl Texts {
    /// Danish and English.
    ///
    /// # Errors
    ///
    /// [`LanguageError`] where a built-in file is broken, which the tests exclude.
    pub fn built_in(sender: Sender) -> Result<Self, LanguageError> {
        let texts = Self { sender, languages: BTreeMap::new() };
        texts.with_language("da", DANISH)?.with_language("en", ENGLISH)
    }

    /// With one more language, or a better file for one that is there.
    ///
    /// # Errors
    ///
    /// [`LanguageError`] where the file cannot be read or lacks a text.
    pub fn with_language(mut self, tag: &str, file: &str) -> Result<Self, LanguageError> {
        let language: LanguageIdentifier =
            tag.parse().map_err(|_| LanguageError::Tag { tag: tag.to_owned() })?;
        check::against(tag, file, DANISH)?;
        let resource = FluentResource::try_new(file.to_owned())
            .map_err(|_| LanguageError::Syntax { tag: tag.to_owned() })?;
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Marks of direction would cost letters in an SMS and break codes that are copied.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        self.languages.insert(tag.to_owned(), bundle);
        Ok(self)
    }

    /// The languages that are there.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.keys().map(String::as_str)
    }

    /// The words of an SMS.
    ///
    /// # Errors
    ///
    /// [`TextError`] where the file of the language has no such text.
    pub fn sms(
        &self,
        language: &str,
        message: &Message<'_>,
    ) -> Result<Sensitive<String>, TextError> {
        self.text(language, &format!("{}-sms", message.id()), message)
    }

    /// Subject and body of a mail.
    ///
    /// # Errors
    ///
    /// [`TextError`] where the language has no such text; a temporary PIN has none on purpose.
    pub fn mail(&self, language: &str, message: &Message<'_>) -> Result<MailText, TextError> {
        let id = message.id();
        let subject = self.text(language, &format!("{id}-mail-subject"), message)?;
        let body = self.text(language, &format!("{id}-mail-body"), message)?;
        Ok(MailText { subject, body })
    }

    /// Title and description of a calendar entry.
    ///
    /// # Errors
    ///
    /// [`TextError`] as above.
    pub fn invitation(
        &self,
        language: &str,
        appointment: &Appointment<'_>,
    ) -> Result<MailText, TextError> {
        let message = Message::Appointment(AppointmentNews::Booked, appointment.clone());
        let subject = self.text(language, "invitation-summary", &message)?;
        let body = self.text(language, "invitation-description", &message)?;
        Ok(MailText { subject, body })
    }

    fn text(
        &self,
        language: &str,
        id: &str,
        message: &Message<'_>,
    ) -> Result<Sensitive<String>, TextError> {
        let error = || TextError { id: id.to_owned(), language: language.to_owned() };
        let bundle = self.bundle(language).ok_or_else(error)?;
        let pattern = bundle.get_message(id).and_then(|found| found.value()).ok_or_else(error)?;
        let mut args = FluentArgs::new();
        args.set("service", self.sender.service.as_str());
        args.set("phone", self.sender.phone.as_str());
        for (name, value) in message.arguments() {
            match value {
                message::Argument::Text(text) => args.set(name, text.into_owned()),
                message::Argument::Number(number) => args.set(name, FluentValue::from(number)),
            }
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        if errors.is_empty() { Ok(Sensitive::new(text)) } else { Err(error()) }
    }

    /// The language, its main language (`en` for `en-GB`), or Danish.
    fn bundle(&self, language: &str) -> Option<&FluentBundle<FluentResource>> {
        let main = language.split(['-', '_']).next().unwrap_or_default();
        [language, main, FALLBACK].into_iter().find_map(|tag| self.languages.get(tag))
    }
}

#[cfg(test)]
mod tests;
