//! What a key of a policy file takes, and how it overrides the value of the profile.

use recovery::policy::{
    ColouredLight, Consequence, Profile, QuestionWeight, Rung, WithoutPresence,
};
use recovery::time::Duration;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The longest span that any rule may state: ten years.
pub(super) const SPAN_SECS_MAX: u64 = 10 * 365 * 86_400;
const RUNGS_MAX: usize = 9;
const TEXTS_MAX: usize = 16;

/// A value of the file that overrides one of the policy.
pub(super) trait Setting<T> {
    fn put(self, value: &mut T);
}

impl Setting<Self> for bool {
    fn put(self, value: &mut Self) {
        *value = self;
    }
}

/// A whole number within bounds.
pub(super) struct Within<T, const MIN: u64, const MAX: u64>(T);

impl<'de, T: TryFrom<u64>, const MIN: u64, const MAX: u64> Deserialize<'de>
    for Within<T, MIN, MAX>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(Number::<T, MIN, MAX>(PhantomData)).map(Self)
    }
}

impl<T, const MIN: u64, const MAX: u64> Setting<T> for Within<T, MIN, MAX> {
    fn put(self, value: &mut T) {
        *value = self.0;
    }
}

struct Number<T, const MIN: u64, const MAX: u64>(PhantomData<T>);

impl<T: TryFrom<u64>, const MIN: u64, const MAX: u64> Visitor<'_> for Number<T, MIN, MAX> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        let inside = (MIN..=MAX).contains(&number).then(|| T::try_from(number).ok()).flatten();
        inside.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
        }
    }
}

/// A span in seconds, within bounds.
#[derive(serde::Deserialize)]
pub(super) struct Secs<const MIN: u64, const MAX: u64>(Within<u64, MIN, MAX>);

impl<const MIN: u64, const MAX: u64> Setting<Duration> for Secs<MIN, MAX> {
    fn put(self, value: &mut Duration) {
        *value = Duration::from_secs(self.0.0);
    }
}

/// A short list of texts.
#[derive(serde::Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(super) struct Texts(Vec<String>);

impl TryFrom<Vec<String>> for Texts {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        let short = texts.len() <= TEXTS_MAX;
        short.then_some(Self(texts)).ok_or_else(|| format!("must be at most {TEXTS_MAX} texts"))
    }
}

impl Setting<Vec<String>> for Texts {
    fn put(self, value: &mut Vec<String>) {
        *value = self.0;
    }
}

/// The rungs of the ladder of wrong PINs.
#[derive(serde::Deserialize)]
#[serde(try_from = "Vec<OneRung>")]
pub(super) struct Ladder(Vec<OneRung>);

impl TryFrom<Vec<OneRung>> for Ladder {
    type Error = String;

    fn try_from(rungs: Vec<OneRung>) -> Result<Self, String> {
        let short = rungs.len() <= RUNGS_MAX;
        short.then_some(Self(rungs)).ok_or_else(|| format!("must be at most {RUNGS_MAX} rungs"))
    }
}

impl Setting<Vec<Rung>> for Ladder {
    fn put(self, value: &mut Vec<Rung>) {
        *value = self.0.into_iter().map(|rung| rung.0).collect();
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "RungForm")]
struct OneRung(Rung);

#[derive(serde::Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a rung: { wrong = …, lock_secs = … } or { wrong = …, block = true }"
)]
struct RungForm {
    wrong: Within<u8, 1, 10>,
    lock_secs: Option<Within<u64, 1, SPAN_SECS_MAX>>,
    block: Option<bool>,
}

impl TryFrom<RungForm> for OneRung {
    type Error = &'static str;

    fn try_from(form: RungForm) -> Result<Self, &'static str> {
        let consequence = match (form.lock_secs, form.block) {
            (Some(secs), None) => Consequence::Lock(Duration::from_secs(secs.0)),
            (None, Some(true)) => Consequence::Block,
            _ => {
                return Err(
                    "each rung must be { wrong = …, lock_secs = … } or { wrong = …, block = true }",
                );
            }
        };
        Ok(Self(Rung { wrong: form.wrong.0, consequence }))
    }
}

/// The name of the profile that the values start from.
#[derive(serde::Deserialize)]
pub(super) struct ProfileName(#[serde(with = "ProfileWord")] pub(super) Profile);

#[derive(serde::Deserialize)]
#[serde(remote = "Profile", rename_all = "kebab-case")]
enum ProfileWord {
    PublicService,
    NistAal2,
    Strict,
}

/// The word for how coloured light is used.
#[derive(serde::Deserialize)]
pub(super) struct Light(#[serde(with = "LightWord")] ColouredLight);

#[derive(serde::Deserialize)]
#[serde(remote = "ColouredLight", rename_all = "kebab-case")]
enum LightWord {
    Off,
    Noted,
    Decides,
}

impl Setting<ColouredLight> for Light {
    fn put(self, value: &mut ColouredLight) {
        *value = self.0;
    }
}

/// The word for what right answers decide.
#[derive(serde::Deserialize)]
pub(super) struct Weight(#[serde(with = "WeightWord")] QuestionWeight);

#[derive(serde::Deserialize)]
#[serde(remote = "QuestionWeight", rename_all = "kebab-case")]
enum WeightWord {
    Decide,
    RefuseOnly,
    NotUsed,
}

impl Setting<QuestionWeight> for Weight {
    fn put(self, value: &mut QuestionWeight) {
        *value = self.0;
    }
}

/// The word for what a chip without proof of presence allows.
#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Presence {
    Refused,
    OncePerDocument,
}

impl Setting<WithoutPresence> for Presence {
    fn put(self, value: &mut WithoutPresence) {
        *value = match (self, *value) {
            (Self::Refused, _) => WithoutPresence::Refused,
            (Self::OncePerDocument, kept @ WithoutPresence::OncePerDocument { .. }) => kept,
            (Self::OncePerDocument, WithoutPresence::Refused) => WithoutPresence::OncePerDocument {
                period: Duration::from_days(365),
                status_age_max: Duration::from_hours(24),
            },
        };
    }
}
