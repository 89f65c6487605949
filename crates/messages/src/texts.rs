//! The texts of every message in every language.
//!
//! Each language is a Fluent file. Danish and English are built in; the operator can add a file for another language.
//! It is checked when it is loaded: it must have the text of every message and may use only the arguments that the
//! Danish text uses.

mod check;
mod message;

use std::collections::BTreeMap;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use crate::Sensitive;

pub use check::LanguageError;
pub use message::{Appointment, AppointmentNews, HOME_ZONE, Message, Notice};

const DANISH: &str = include_str!("../locales/da.ftl");
const ENGLISH: &str = include_str!("../locales/en.ftl");

/// The language for people who chose none or whose language has no file.
const FALLBACK: &str = "da";

/// The sender that the messages name.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The name of the service.
    pub service: String,
    /// The telephone number of Support, as it is shown to people.
    pub phone: String,
}

/// The subject and body of an e-mail.
#[derive(Clone, Debug)]
pub struct MailText {
    /// The subject, a single line.
    pub subject: Sensitive<String>,
    /// The body in plain text.
    pub body: Sensitive<String>,
}

/// A text that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the text {id} could not be made in {language}")]
pub struct TextError {
    /// The name of the text in the language files.
    pub id: String,
    /// The language.
    pub language: String,
}

/// The texts of all languages.
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
    /// The built-in texts in Danish and English.
    ///
    /// # Errors
    ///
    /// [`LanguageError`] where a built-in file is invalid; tests make sure that none is.
    pub fn built_in(sender: Sender) -> Result<Self, LanguageError> {
        let texts = Self { sender, languages: BTreeMap::new() };
        texts.with_language("da", DANISH)?.with_language("en", ENGLISH)
    }

    /// Adds a language, or replaces the file of a language.
    ///
    /// # Errors
    ///
    /// [`LanguageError`] where the file is invalid or lacks a text.
    pub fn with_language(mut self, tag: &str, file: &str) -> Result<Self, LanguageError> {
        let language: LanguageIdentifier =
            tag.parse().map_err(|_| LanguageError::Tag { tag: tag.to_owned() })?;
        check::against(tag, file, DANISH)?;
        let resource = FluentResource::try_new(file.to_owned())
            .map_err(|_| LanguageError::Syntax { tag: tag.to_owned() })?;
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Direction marks would take up letters of an SMS and corrupt codes that are copied.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        self.languages.insert(tag.to_owned(), bundle);
        Ok(self)
    }

    /// The tags of the loaded languages.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.keys().map(String::as_str)
    }

    /// The text of an SMS.
    ///
    /// # Errors
    ///
    /// [`TextError`] where the language has no such text.
    pub fn sms(
        &self,
        language: &str,
        message: &Message<'_>,
    ) -> Result<Sensitive<String>, TextError> {
        self.text(language, &format!("{}-sms", message.id()), message)
    }

    /// The subject and body of an e-mail.
    ///
    /// # Errors
    ///
    /// [`TextError`] where the language has no such text. A temporary PIN deliberately has none, because it is never
    /// sent by e-mail.
    pub fn mail(&self, language: &str, message: &Message<'_>) -> Result<MailText, TextError> {
        let id = message.id();
        let subject = self.text(language, &format!("{id}-mail-subject"), message)?;
        let body = self.text(language, &format!("{id}-mail-body"), message)?;
        Ok(MailText { subject, body })
    }

    /// The title and description of a calendar entry.
    ///
    /// # Errors
    ///
    /// [`TextError`] where the language has no such text.
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

    /// The texts of the language, else of its primary language (`en` for `en-GB`), else of Danish.
    fn bundle(&self, language: &str) -> Option<&FluentBundle<FluentResource>> {
        let main = language.split(['-', '_']).next().unwrap_or_default();
        [language, main, FALLBACK].into_iter().find_map(|tag| self.languages.get(tag))
    }
}

#[cfg(test)]
mod tests;
