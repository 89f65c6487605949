//! Binding apps to people (PROTOCOLS.md section 1).

use crate::caller::Operator;
use crate::identity::Identity;
use crate::reply::Command;
use crate::work::Work;
use crate::{Failure, Service};
use jiff::civil::Date;
use messages::{MailAddress, PhoneNumber};
use recovery::authenticator::Authenticator;
use recovery::enrolment::{Enrolment, Redemption};
use recovery::grant::Grant;
use recovery::id::{ChannelId, EnrolmentId, GrantId, InstanceId, PersonId};
use recovery::person::{BoundApp, Channel, ChannelKind, Person, Status};
use recovery::sensitive::{KeyedHash, Sensitive};
use recovery::time::Timestamp;
use registers::{Cpr, PersonRef, PersonStatus};
use store::Id;
use store::enrolment::{StoredEnrolment, by_code_head};
use store::facade::Loaded;
use zeroize::Zeroizing;

/// Letters and digits that nobody confuses, read aloud or on paper.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// By so many characters an offer is found; the rest is what can be wrong three times.
const CODE_HEAD_CHARS: usize = 4;
const DEVICE_NAME_CHARS_MAX: usize = 40;
const CHANNELS_PER_CALL_MAX: usize = 16;

/// What the operator says about a person.
#[derive(Clone)]
pub struct Enrol {
    /// The operator's id.
    pub person: String,
    /// The national number, in any usual form.
    pub national_number: Option<String>,
    /// Confirmed channels.
    pub channels: Vec<NewChannel>,
    /// BCP 47.
    pub language: String,
}

impl std::fmt::Debug for Enrol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrol([hidden])")
    }
}

/// A channel as the operator knows it.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// SMS or e-mail.
    pub kind: ChannelKind,
    /// Number or address.
    pub address: Sensitive<String>,
    /// Registered or last changed.
    pub changed_at: Timestamp,
    /// Proven to be theirs.
    pub confirmed_at: Timestamp,
}

/// An offer, with its code in clear: the only time it is.
#[derive(Clone)]
pub struct Offered {
    /// Which.
    pub id: EnrolmentId,
    /// 8 characters.
    pub code: Zeroizing<String>,
    /// Until when.
    pub until: Timestamp,
}

impl std::fmt::Debug for Offered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offered").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A new app instance.
#[derive(Clone, Debug)]
pub struct Activated {
    /// Its id.
    pub instance: InstanceId,
    /// For its first PIN.
    pub grant: Grant,
}

impl Service {
    /// Offers one more app to a person; makes the person known where it is not.
    ///
    /// Sent again under the same key, it offers anew and takes the first offer back: the code is kept nowhere.
    ///
    /// # Errors
    ///
    /// What is wrong with the request.
    pub async fn enrol(&self, operator: &Operator, enrol: &Enrol) -> Result<Offered, Failure> {
        let person_ref =
            PersonRef::parse(&enrol.person).map_err(|_| Failure::refused("person-id-invalid"))?;
        let national_number = match &enrol.national_number {
            Some(text) => {
                Some(Cpr::parse(text).map_err(|_| Failure::refused("national-number-invalid"))?)
            }
            None => None,
        };
        check_channels(&enrol.channels)?;
        if !matches!(enrol.language.as_str(), "da" | "en") {
            return Err(Failure::refused("language-unknown"));
        }
        let status = self.status_of(&person_ref).await?;
        let numbers = self.numbers_of(&person_ref, national_number.as_ref()).await?;
        attempt!(self, |work| {
            let command = Command {
                caller: operator.client(),
                key: operator.idempotency_key(),
                content: enrol.person.as_bytes(),
            };
            let before = work.recall(command).await?;
            let person = work.known_or_new(enrol, &numbers, status).await?;
            if let Some(outcome) = &before {
                work.take_back(outcome).await?;
            }
            let offered = work.offer(person)?;
            if before.is_none() {
                work.remember(command, Some(person), offered.id.0.to_be_bytes().to_vec());
            }
            Ok(offered)
        })
    }

    /// Redeems a code for a device key; the request was signed by that key ([`Service::verify_new_key`]).
    ///
    /// # Errors
    ///
    /// `activation-code-invalid` for every code that does not work.
    pub async fn activate(
        &self,
        code: &str,
        public_key: &[u8; request_signature::PUBLIC_KEY_BYTES],
        device_name: &str,
        language: &str,
    ) -> Result<Activated, Failure> {
        let code = plain_code(code);
        let name: String = device_name.trim().chars().filter(|c| !c.is_control()).collect();
        if name.is_empty() || name.chars().count() > DEVICE_NAME_CHARS_MAX {
            return Err(Failure::refused("device-name-invalid"));
        }
        let wrong = attempt!(self, |work| {
            if let Some(again) = work.activated_before(public_key).await? {
                return Ok(Ok(again));
            }
            work.redeem(&code, public_key, &name, language).await
        })?;
        wrong.map_err(|rejection| Failure::refused(rejection.code()))
    }

    /// The apps that are bound to a person now; empty for an unknown person.
    ///
    /// # Errors
    ///
    /// The store's own.
    pub async fn instances(
        &self,
        _: &Operator,
        person: &str,
    ) -> Result<Vec<(BoundApp, bool)>, Failure> {
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
    /// `not-found` for an unknown one; unbinding twice is not an error.
    pub async fn unbind(&self, _: &Operator, instance: InstanceId) -> Result<(), Failure> {
        attempt!(self, |work| {
            let loaded = work
                .load::<Authenticator>(Id(instance.0))
                .await?
                .ok_or_else(|| Failure::refused("not-found"))?;
            let person = work.load_person(loaded.value.person).await?;
            let next = work.unbind_one(person.value.clone(), &loaded).await?;
            work.put(&person, &next);
            Ok(())
        })
    }

    /// Unbinds several apps of a person, or all: the phone is lost.
    ///
    /// # Errors
    ///
    /// The store's own; an unknown person is not an error.
    pub async fn lost_phone(
        &self,
        _: &Operator,
        person: &str,
        only: &[InstanceId],
    ) -> Result<(), Failure> {
        attempt!(self, |work| {
            let Some(identity) = work.identity_of(person).await? else { return Ok(()) };
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
            Ok(())
        })
    }

    /// Sets the channels of a person as they are from now on.
    ///
    /// # Errors
    ///
    /// `not-found` for an unknown person, or what is wrong with a channel.
    pub async fn set_channels(
        &self,
        _: &Operator,
        person: &str,
        channels: &[NewChannel],
    ) -> Result<(), Failure> {
        check_channels(channels)?;
        attempt!(self, |work| {
            let identity =
                work.identity_of(person).await?.ok_or_else(|| Failure::refused("not-found"))?;
            let person = work.load_person(identity.value.person).await?;
            let next = work.with_channels(&person.value, channels)?;
            work.put(&person, &next);
            Ok(())
        })
    }

    /// What the register says of a person, as far as recovery must know.
    pub(crate) async fn status_of(&self, person: &PersonRef) -> Result<Status, Failure> {
        let found = self.parts().registers.population.person(person).await.map_err(|error| {
            Failure::Unavailable {
                doing: "asking the population register",
                source: Some(Box::new(error)),
            }
        })?;
        let today = today(self.now().await?);
        Ok(found.as_ref().map_or(Status::Active, |found| status(found, today)))
    }

    async fn numbers_of(
        &self,
        person: &PersonRef,
        given: Option<&Cpr>,
    ) -> Result<Vec<Sensitive<String>>, Failure> {
        let found = self.parts().registers.population.person(person).await.map_err(|error| {
            Failure::Unavailable {
                doing: "asking the population register",
                source: Some(Box::new(error)),
            }
        })?;
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

/// The register's person as a status of recovery.
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

/// The day in Denmark.
pub(crate) fn today(now: Timestamp) -> Date {
    let zone = jiff::tz::TimeZone::get("Europe/Copenhagen").unwrap_or(jiff::tz::TimeZone::UTC);
    jiff::Timestamp::from_millisecond(now.0)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(zone)
        .date()
}

fn check_channels(channels: &[NewChannel]) -> Result<(), Failure> {
    if channels.len() > CHANNELS_PER_CALL_MAX {
        return Err(Failure::refused("too-many-channels"));
    }
    for channel in channels {
        let text = channel.address.expose();
        let fits = match channel.kind {
            ChannelKind::Phone => PhoneNumber::parse(text).is_ok(),
            ChannelKind::Email => MailAddress::parse(text).is_ok(),
        };
        if !fits {
            return Err(Failure::refused("channel-address-invalid"));
        }
    }
    Ok(())
}

/// Upper case without spaces and hyphens.
fn plain_code(text: &str) -> Zeroizing<String> {
    Zeroizing::new(
        text.chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .take(32)
            .flat_map(char::to_uppercase)
            .collect(),
    )
}

impl Work<'_> {
    async fn known_or_new(
        &mut self,
        enrol: &Enrol,
        numbers: &[Sensitive<String>],
        status: Status,
    ) -> Result<PersonId, Failure> {
        let Some(identity) = self.identity_of(&enrol.person).await? else {
            return self.new_person(enrol, numbers, status).await;
        };
        let person = self.load_person(identity.value.person).await?;
        let mut next = self.with_channels(&person.value, &enrol.channels)?;
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
        numbers: &[Sensitive<String>],
        status: Status,
    ) -> Result<PersonId, Failure> {
        let id = PersonId(self.service.draw_id());
        self.new_person_key(id);
        let identity = Identity {
            person: id,
            operator_id: Sensitive::new(enrol.person.clone()),
            national_numbers: numbers.to_vec(),
        };
        self.insert(&identity);
        let person = Person::new(id, enrol.language.clone(), status);
        let mut person = self.with_channels(&person, &enrol.channels)?;
        self.unbury(&mut person, &enrol.person, numbers).await?;
        self.insert(&person);
        Ok(id)
    }

    /// Channels as the operator says; one that is gone is removed, one that is the same keeps its id.
    fn with_channels(
        &mut self,
        person: &Person,
        channels: &[NewChannel],
    ) -> Result<Person, Failure> {
        let now = self.now();
        let policy = self.service.parts().policy.clone();
        let mut next = person.clone();
        let gone: Vec<ChannelId> = next
            .channels
            .iter()
            .filter(|old| old.removed_at.is_none() && !channels.iter().any(|new| same(old, new)))
            .map(|old| old.id)
            .collect();
        for id in gone {
            let step = next.remove_channel(id, now)?;
            next = self.take(person.id, step);
        }
        for channel in channels {
            let known =
                next.channels.iter_mut().find(|old| old.removed_at.is_none() && same(old, channel));
            if let Some(known) = known {
                // A later date says that it changed: the age starts again. An earlier one changes nothing.
                known.changed_at = known.changed_at.max(channel.changed_at.min(now));
                continue;
            }
            let id = ChannelId(self.service.draw_id());
            let step = next.add_channel(id, channel.kind, channel.address.clone(), &policy, now)?;
            next = self.take(person.id, step);
            if let Some(added) = next.channels.iter_mut().find(|added| added.id == id) {
                added.changed_at = channel.changed_at.min(now);
                added.confirmed_at = Some(channel.confirmed_at.min(now));
            }
        }
        Ok(next)
    }

    async fn take_back(&mut self, outcome: &[u8]) -> Result<(), Failure> {
        let Ok(bytes) = <[u8; 16]>::try_from(outcome) else { return Ok(()) };
        let id = Id(u128::from_be_bytes(bytes));
        let Some(loaded) = self.load::<StoredEnrolment>(id).await? else { return Ok(()) };
        if let Ok(step) = loaded.value.enrolment.withdraw() {
            let person = loaded.value.enrolment.person;
            let enrolment = self.take(person, step);
            self.put(&loaded, &StoredEnrolment { enrolment, ..loaded.value.clone() });
        }
        Ok(())
    }

    fn offer(&mut self, person: PersonId) -> Result<Offered, Failure> {
        let policy = self.service.parts().policy.clone();
        let mut code = Zeroizing::new(String::new());
        for _ in 0..policy.enrolment.code_chars {
            let [byte] = self.service.draw::<1>();
            // 256 is a multiple of 32: no character is likelier than another.
            let at = usize::from(byte % 32);
            code.push(char::from(
                *ALPHABET.get(at).ok_or_else(|| Failure::fault("drawing a code", "alphabet"))?,
            ));
        }
        let id = EnrolmentId(self.service.draw_id());
        let step = Enrolment::offer(id, person, self.code_hash(&code), self.now());
        let enrolment = self.take(person, step);
        let code_head = self.code_head(&code);
        let until = enrolment.offered_at.plus(policy.enrolment.code_lifetime);
        self.insert(&StoredEnrolment { enrolment, code_head });
        Ok(Offered { id, code, until })
    }

    fn code_hash(&self, code: &str) -> KeyedHash {
        KeyedHash(self.service.parts().keys.code_hash("activation code", &[code.as_bytes()]))
    }

    fn code_head(&self, code: &str) -> KeyedHash {
        let head: String = code.chars().take(CODE_HEAD_CHARS).collect();
        KeyedHash(
            self.service.parts().keys.code_hash("head of an activation code", &[head.as_bytes()]),
        )
    }

    /// The app that lost the first answer: the same key, still without a PIN, with a grant that lives.
    async fn activated_before(
        &mut self,
        public_key: &[u8; request_signature::PUBLIC_KEY_BYTES],
    ) -> Result<Option<Activated>, Failure> {
        let keys = self.service.parts().keys.clone();
        let lookup = store::authenticator::by_device_key(&keys, public_key);
        let Some(instance) = self.find_one::<Authenticator>(lookup).await? else { return Ok(None) };
        let lookup = store::grant::of_instance(&keys, instance.value.id);
        let policy = self.service.parts().policy.clone();
        let now = self.now();
        let grants = self.find::<Grant>(lookup).await?;
        let grant = grants
            .into_iter()
            .map(|loaded| loaded.value)
            .find(|grant| now < grant.lapses_at(&policy));
        match grant {
            Some(grant) => Ok(Some(Activated { instance: instance.value.id, grant })),
            None => Err(Failure::refused("activation-code-invalid")),
        }
    }

    async fn redeem(
        &mut self,
        code: &str,
        public_key: &[u8; request_signature::PUBLIC_KEY_BYTES],
        name: &str,
        language: &str,
    ) -> Result<Result<Activated, recovery::Rejection>, Failure> {
        let keys = self.service.parts().keys.clone();
        let head = self.code_head(code);
        let offers = self.find::<StoredEnrolment>(by_code_head(&keys, &head)).await?;
        let presented = self.code_hash(code);
        let instance = InstanceId(self.service.draw_id());
        let policy = self.service.parts().policy.clone();
        let mut wrong = false;
        for loaded in offers {
            let enrolment = &loaded.value.enrolment;
            let person = enrolment.person;
            let Ok(redemption) = enrolment.redeem(presented, instance, &policy, self.now()) else {
                continue;
            };
            match redemption {
                Redemption::Wrong(step) => {
                    wrong = true;
                    let enrolment = self.take(person, step);
                    self.put(&loaded, &StoredEnrolment { enrolment, ..loaded.value.clone() });
                }
                Redemption::Right(step) => {
                    let enrolment = self.take(person, step);
                    let grant = self.bind(&enrolment, instance, public_key, name, language).await?;
                    self.put(&loaded, &StoredEnrolment { enrolment, ..loaded.value.clone() });
                    return Ok(Ok(Activated { instance, grant }));
                }
            }
        }
        // Wrong tries are saved although the answer is no: returning an error would drop them.
        let _ = wrong;
        Ok(Err(recovery::Rejection::ActivationCodeInvalid))
    }

    async fn bind(
        &mut self,
        enrolment: &Enrolment,
        instance: InstanceId,
        public_key: &[u8; request_signature::PUBLIC_KEY_BYTES],
        name: &str,
        language: &str,
    ) -> Result<Grant, Failure> {
        let now = self.now();
        let person = self.load_person(enrolment.person).await?;
        let app = BoundApp { instance, name: Sensitive::new(name.to_owned()), bound_at: now };
        let mut next = self.take(enrolment.person, person.value.app_bound(app));
        if matches!(language, "da" | "en") {
            language.clone_into(&mut next.language);
        }
        self.put(&person, &next);
        self.insert(&Authenticator::bound(instance, enrolment.person, public_key.to_vec(), now));
        let grant = Grant::of_enrolment(GrantId(self.service.draw_id()), enrolment)?;
        self.insert(&grant);
        Ok(grant)
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

/// Whether the operator speaks of a channel that is known.
fn same(old: &Channel, new: &NewChannel) -> bool {
    old.kind == new.kind && old.address == new.address
}
