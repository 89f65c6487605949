//! Enrolment: binds apps to people (PROTOCOLS.md section 1).

mod activation;
mod channels;

pub(crate) use activation::RefusedActivations;
pub use activation::{Activated, TypedActivation};
pub use channels::NewChannel;

use channels::Acquaintance;

use crate::caller::Operator;
use crate::identity::Identity;
use crate::operator_token::Scope;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use jiff::civil::Date;
use recovery::Language;
use recovery::authenticator::Authenticator;
use recovery::enrolment::{ALPHABET, Enrolment};
use recovery::grant::Grant;
use recovery::id::{EnrolmentId, InstanceId, PersonId};
use recovery::person::{BoundApp, Person, Status};
use recovery::sensitive::Sensitive;
use recovery::time::Timestamp;
use registers::{Cpr, PersonRef, PersonStatus};
use store::Id;
use store::codec;
use store::facade::Loaded;
use zeroize::Zeroizing;

/// The number of random bytes from which the code of an offer is derived.
const SALT_BYTES: usize = 16;

/// The operator's request to offer an app to a person.
#[derive(Clone)]
pub struct Enrol {
    /// The operator's id of the person.
    pub person: String,
    /// The national number, in any usual form.
    pub national_number: Option<String>,
    /// The person's channels, which the operator has confirmed.
    pub channels: Vec<NewChannel>,
    /// The language of the person's messages, BCP 47.
    pub language: String,
}

impl std::fmt::Debug for Enrol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrol([hidden])")
    }
}

/// An offer to bind an app, with its code in clear, which is shown this once.
#[derive(Clone)]
pub struct Offered {
    /// The number of the offer, which is typed beside the code and is not secret.
    pub id: EnrolmentId,
    /// The activation code, 8 characters.
    pub code: Zeroizing<String>,
    /// When the offer expires.
    pub until: Timestamp,
}

impl std::fmt::Debug for Offered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offered").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Service {
    /// Offers one more app to a person, who becomes known to the service by the first offer.
    ///
    /// Sent again under the same idempotency key, it returns the same offer: the code is derived from a stored salt and is
    /// itself stored nowhere.
    ///
    /// # Errors
    ///
    /// The refusal that says what is wrong with the request; `national-number-of-another` where another person has the
    /// national number.
    pub async fn enrol(&self, operator: &Operator, enrol: &Enrol) -> Result<Offered, Failure> {
        operator.may(Scope::Enrolments)?;
        let person_ref = PersonRef::parse(&enrol.person)
            .map_err(|_| Failure::refused(RefusalCode::PersonIdInvalid))?;
        let national_number = match &enrol.national_number {
            Some(text) => Some(
                Cpr::parse(text)
                    .map_err(|_| Failure::refused(RefusalCode::NationalNumberInvalid))?,
            ),
            None => None,
        };
        if !Language::is_tag(&enrol.language) {
            return Err(Failure::refused(RefusalCode::LanguageUnknown));
        }
        let given = channels::checked(&enrol.channels, self.now().await?)?;
        let status = self.status_of(&person_ref).await?;
        let numbers = self.numbers_of(&person_ref, national_number.as_ref()).await?;
        attempt!(self, |work| {
            if let Some(outcome) = work.recall(operator.command()).await? {
                return work.offered_before(&outcome);
            }
            let person = work.known_or_new(enrol, &given, &numbers, status).await?;
            let (offered, outcome) = work.offer(person)?;
            work.remember(operator.command(), Some(person), outcome);
            Ok(offered)
        })
    }

    /// The apps that are bound to a person now; empty for an unknown person.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn instances(
        &self,
        operator: &Operator,
        person: &str,
    ) -> Result<Vec<(BoundApp, bool)>, Failure> {
        operator.may(Scope::Apps)?;
        let mut work = Work::begin(self).await?;
        let Some(identity) = work.identity_of(person).await? else { return Ok(Vec::new()) };
        let person = work.load_person(identity.value.person).await?;
        let mut apps = Vec::new();
        for app in &person.value.instances {
            let instance = work.load::<Authenticator>(Id(app.instance.0)).await?;
            let has_pin = instance.is_some_and(|instance| instance.value.pin().is_some());
            apps.push((app.clone(), has_pin));
        }
        Ok(apps)
    }

    /// Unbinds one app.
    ///
    /// # Errors
    ///
    /// `not-found` for an unknown instance. Unbinding twice is not an error.
    pub async fn unbind(&self, operator: &Operator, instance: InstanceId) -> Result<(), Failure> {
        operator.may(Scope::Apps)?;
        attempt!(self, |work| {
            if work.recall(operator.command()).await?.is_some() {
                return Ok(());
            }
            let loaded = work
                .load::<Authenticator>(Id(instance.0))
                .await?
                .ok_or_else(|| Failure::refused(RefusalCode::NotFound))?;
            let person = work.load_person(loaded.value.person).await?;
            let next = work.unbind_one(person.value.clone(), &loaded).await?;
            work.put(&person, &next);
            work.remember(operator.command(), Some(next.id), Vec::new());
            Ok(())
        })
    }

    /// Unbinds several apps of a person, or all of them, because the phone is lost.
    ///
    /// # Errors
    ///
    /// Store errors; an unknown person is not an error.
    pub async fn lost_phone(
        &self,
        operator: &Operator,
        person: &str,
        only: &[InstanceId],
    ) -> Result<(), Failure> {
        operator.may(Scope::Apps)?;
        attempt!(self, |work| {
            if work.recall(operator.command()).await?.is_some() {
                return Ok(());
            }
            let Some(identity) = work.identity_of(person).await? else {
                work.remember(operator.command(), None, Vec::new());
                return Ok(());
            };
            let person = work.load_person(identity.value.person).await?;
            let mut next = person.value.clone();
            for app in &person.value.instances {
                if !only.is_empty() && !only.contains(&app.instance) {
                    continue;
                }
                if let Some(loaded) = work.load::<Authenticator>(Id(app.instance.0)).await? {
                    next = work.unbind_one(next, &loaded).await?;
                }
            }
            work.put(&person, &next);
            work.remember(operator.command(), Some(next.id), Vec::new());
            Ok(())
        })
    }

    /// Replaces the channels of a person.
    ///
    /// # Errors
    ///
    /// `not-found` for an unknown person, or what is wrong with a channel.
    pub async fn set_channels(
        &self,
        operator: &Operator,
        person: &str,
        channels: &[NewChannel],
    ) -> Result<(), Failure> {
        operator.may(Scope::Channels)?;
        let given = channels::checked(channels, self.now().await?)?;
        attempt!(self, |work| {
            if work.recall(operator.command()).await?.is_some() {
                return Ok(());
            }
            let identity = work
                .identity_of(person)
                .await?
                .ok_or_else(|| Failure::refused(RefusalCode::NotFound))?;
            let person = work.load_person(identity.value.person).await?;
            let next = work.with_channels(&person.value, &given, Acquaintance::Known)?;
            work.put(&person, &next);
            work.remember(operator.command(), Some(next.id), Vec::new());
            Ok(())
        })
    }

    /// The person's status in the population register, as far as recovery depends on it.
    pub(crate) async fn status_of(&self, person: &PersonRef) -> Result<Status, Failure> {
        let found = self.register_record(person).await?;
        let today = today(self.now().await?);
        Ok(found.as_ref().map_or(Status::Active, |found| status(found, today)))
    }

    async fn numbers_of(
        &self,
        person: &PersonRef,
        given: Option<&Cpr>,
    ) -> Result<Vec<Sensitive<String>>, Failure> {
        let found = self.register_record(person).await?;
        let mut numbers: Vec<Sensitive<String>> = Vec::new();
        let mut add = |cpr: &Cpr| {
            let digits = Sensitive::new(cpr.digits().to_owned());
            if !numbers.contains(&digits) {
                numbers.push(digits);
            }
        };
        if let Some(cpr) = given {
            add(cpr);
        }
        if let Some(found) = &found {
            found.cpr.iter().for_each(&mut add);
            found.former_numbers.iter().for_each(|former| add(&former.cpr));
        }
        Ok(numbers)
    }
}

/// Converts the register's record of a person into the status that recovery decides by.
pub(crate) fn status(person: &registers::Person, today: Date) -> Status {
    match person.status {
        PersonStatus::Dead => Status::Dead,
        PersonStatus::Emigrated => Status::Emigrated,
        PersonStatus::Disappeared => Status::Disappeared,
        PersonStatus::Annulled | PersonStatus::DeletedDouble | PersonStatus::Changed => {
            Status::Annulled
        }
        PersonStatus::Administrative => Status::Administrative,
        PersonStatus::Active
        | PersonStatus::ActiveSpecialRoad
        | PersonStatus::ActiveGreenland
        | PersonStatus::ActiveGreenlandSpecialRoad => {
            if person.is_under_guardianship(today) {
                Status::Guardianship
            } else if person.is_protected(today) {
                Status::Protected
            } else {
                Status::Active
            }
        }
    }
}

/// The present day in Denmark.
pub(crate) fn today(now: Timestamp) -> Date {
    jiff::Timestamp::from_millisecond(now.0)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(registers::home_zone())
        .date()
}

impl Work<'_> {
    async fn known_or_new(
        &mut self,
        enrol: &Enrol,
        channels: &[NewChannel],
        numbers: &[Sensitive<String>],
        status: Status,
    ) -> Result<PersonId, Failure> {
        let Some(identity) = self.identity_of(&enrol.person).await? else {
            return self.new_person(enrol, channels, numbers, status).await;
        };
        self.refuse_numbers_of_another(numbers, Some(identity.value.person)).await?;
        let person = self.load_person(identity.value.person).await?;
        let mut next = self.with_channels(&person.value, channels, Acquaintance::Known)?;
        next.language.clone_from(&enrol.language);
        next.status = status;
        self.put(&person, &next);
        if identity.value.national_numbers != numbers {
            let changed = Identity { national_numbers: numbers.to_vec(), ..identity.value.clone() };
            self.put(&identity, &changed);
        }
        Ok(next.id)
    }

    async fn new_person(
        &mut self,
        enrol: &Enrol,
        channels: &[NewChannel],
        numbers: &[Sensitive<String>],
        status: Status,
    ) -> Result<PersonId, Failure> {
        self.refuse_numbers_of_another(numbers, None).await?;
        let id = PersonId(self.service.draw_id());
        self.new_person_key(id);
        let identity = Identity {
            person: id,
            operator_id: Sensitive::new(enrol.person.clone()),
            national_numbers: numbers.to_vec(),
        };
        self.insert(&identity);
        let person = Person::new(id, enrol.language.clone(), status);
        let mut person = self.with_channels(&person, channels, Acquaintance::New)?;
        self.unbury(&mut person, &enrol.person, numbers).await?;
        self.insert(&person);
        Ok(id)
    }

    /// Refuses national numbers that another person has. This is checked before anything is saved, since trying again would
    /// not help.
    async fn refuse_numbers_of_another(
        &mut self,
        numbers: &[Sensitive<String>],
        person: Option<PersonId>,
    ) -> Result<(), Failure> {
        for number in numbers {
            let holder = self.identity_by_national_number(number.expose()).await?;
            if holder.is_some_and(|holder| Some(holder.value.person) != person) {
                return Err(Failure::refused(RefusalCode::NationalNumberOfAnother));
            }
        }
        Ok(())
    }

    /// Draws a new offer, and the stored outcome from which the same answer can be given again.
    fn offer(&mut self, person: PersonId) -> Result<(Offered, Vec<u8>), Failure> {
        let policy = self.service.parts().policy.clone();
        let salt: [u8; SALT_BYTES] = self.service.draw();
        let code = self.code_of_offer(&salt)?;
        let id = EnrolmentId::from_random(self.service.draw_id());
        let step = Enrolment::offer(id, person, self.code_hash(&code), self.now());
        let enrolment = self.take(person, step);
        let until = enrolment.offered_at.plus(policy.enrolment.code_lifetime);
        self.insert(&enrolment);
        let kept = codec::to_bytes(&(id, salt, until)).to_vec();
        Ok((Offered { id, code, until }, kept))
    }

    /// The offer that was returned before, from the stored outcome.
    fn offered_before(&self, outcome: &[u8]) -> Result<Offered, Failure> {
        let (id, salt, until) = codec::from_bytes(outcome)
            .map_err(|error| Failure::fault("a kept answer cannot be read", error))?;
        Ok(Offered { id, code: self.code_of_offer(&salt)?, until })
    }

    /// Derives the code of an offer from its salt and a key outside the database, so that it can be returned again and is
    /// stored nowhere.
    fn code_of_offer(&self, salt: &[u8; SALT_BYTES]) -> Result<Zeroizing<String>, Failure> {
        let parts = self.service.parts();
        let drawn =
            Zeroizing::new(parts.keys.code_hash("characters of an activation code", &[salt]));
        let mut code = Zeroizing::new(String::new());
        // 256 is a multiple of 32: no character is likelier than another.
        for byte in drawn.iter().take(usize::from(parts.policy.enrolment.code_chars)) {
            let letter = ALPHABET.get(usize::from(byte % 32));
            let letter = letter.ok_or_else(|| Failure::fault("drawing a code", "alphabet"))?;
            code.push(char::from(*letter));
        }
        Ok(code)
    }

    async fn unbind_one(
        &mut self,
        person: Person,
        loaded: &Loaded<Authenticator>,
    ) -> Result<Person, Failure> {
        let instance = loaded.value.id;
        if let Ok(step) = loaded.value.unbind(self.now()) {
            let next = self.take(person.id, step);
            self.put(loaded, &next);
            let lookup = store::grant::of_instance(&self.service.parts().keys.clone(), instance);
            for grant in self.find::<Grant>(lookup).await? {
                if let Some(step) = grant.value.withdraw() {
                    let next = self.take(person.id, step);
                    self.put(&grant, &next);
                }
            }
        }
        let step = person.app_unbound(instance);
        Ok(self.take(person.id, step))
    }
}
