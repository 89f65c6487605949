//! Redeeming an activation code (PROTOCOLS.md section 1).
//!
//! Whoever redeems a code is unknown so far: the request is signed by a key that it carries. A wrong code therefore changes
//! only a row that exists, and an unknown offer none; every refusal takes the same time, since the time would otherwise tell
//! which offers exist.

use super::Enrolment;
use crate::signed_request::NewKey;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service, even_time};
use recovery::Language;
use recovery::Rejection;
use recovery::alarm::Alarm;
use recovery::authenticator::Authenticator;
use recovery::enrolment::{PresentedCode, Redemption};
use recovery::grant::Grant;
use recovery::id::{EnrolmentId, GrantId, InstanceId};
use recovery::person::BoundApp;
use recovery::sensitive::{KeyedHash, Sensitive};
use store::Id;
use zeroize::Zeroizing;

const DEVICE_NAME_CHARS_MAX: usize = 40;
/// The longest text that is read as the number of an offer or as a code, spaces included.
const TYPED_CHARS_MAX: usize = 64;
/// The shortest time that a refusal takes, in milliseconds: far more than the slowest of them needs.
const REFUSAL_MILLIS: u64 = 300;
/// The shortest time that a refusal takes while unusually many codes are refused, in milliseconds.
const SLOWED_REFUSAL_MILLIS: u64 = 2_000;
/// The period in which refused activations are counted; the operator is alarmed at most once in each.
const HOUR_MILLIS: i64 = 3_600_000;

/// An app instance that was just bound to a person.
#[derive(Clone, Debug)]
pub struct Activated {
    /// The id of the instance.
    pub instance: InstanceId,
    /// The grant under which its first PIN is set.
    pub grant: Grant,
}

/// What a person typed, or a link carried, to bind an app.
#[derive(Clone, Copy)]
pub struct TypedActivation<'a> {
    /// The number of the offer; case, spaces and hyphens do not matter.
    pub offer: &'a str,
    /// The activation code; case, spaces and hyphens do not matter.
    pub code: &'a str,
    /// The name that the person gives the phone.
    pub device_name: &'a str,
    /// The language of the app, BCP 47.
    pub language: &'a str,
}

impl std::fmt::Debug for TypedActivation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedActivation([hidden])")
    }
}

/// The count of refused activations in the present hour, over the whole service in this process.
#[derive(Debug, Default)]
pub(crate) struct RefusedActivations {
    /// The hour that is counted, in hours since 1970.
    hour: i64,
    count: u32,
    /// Whether the operator was alarmed in this hour.
    alarmed: bool,
}

/// What one more refused activation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pressure {
    /// Whether so many were refused in this hour that refusals are slowed down.
    high: bool,
    /// Whether the operator has to be alarmed now.
    alarm: bool,
}

impl RefusedActivations {
    fn in_hour(&self, now_ms: i64, max: u32) -> bool {
        self.hour == now_ms.div_euclid(HOUR_MILLIS) && self.count >= max
    }

    fn count(&mut self, now_ms: i64, max: u32) -> Pressure {
        let hour = now_ms.div_euclid(HOUR_MILLIS);
        if hour != self.hour {
            *self = Self { hour, count: 0, alarmed: false };
        }
        self.count = self.count.saturating_add(1);
        let high = self.count >= max;
        let alarm = high && !self.alarmed;
        self.alarmed |= high;
        Pressure { high, alarm }
    }
}

impl Service {
    /// Redeems an activation code for a device key; the request was signed by that key ([`Service::verify_new_key`]).
    ///
    /// # Errors
    ///
    /// `activation-code-invalid` for everything that does not work: unknown offers, wrong codes and paused offers look
    /// alike.
    pub async fn activate(
        &self,
        key: &NewKey,
        typed: TypedActivation<'_>,
    ) -> Result<Activated, Failure> {
        let name = typed.device_name.trim();
        if name.is_empty()
            || name.chars().count() > DEVICE_NAME_CHARS_MAX
            || name.chars().any(crate::text::is_never_shown)
        {
            return Err(Failure::refused(RefusalCode::DeviceNameInvalid));
        }
        let offer = EnrolmentId::parse(&plain(typed.offer));
        let code = plain(typed.code);
        let slowed = self.activations_are_slowed();
        let least = if slowed { SLOWED_REFUSAL_MILLIS } else { REFUSAL_MILLIS };
        even_time::refusing_after(least, self.try_code(key, offer, &code, name, typed.language))
            .await
    }

    async fn try_code(
        &self,
        key: &NewKey,
        offer: Option<EnrolmentId>,
        code: &str,
        name: &str,
        language: &str,
    ) -> Result<Activated, Failure> {
        // A wrong try is saved although the answer is no: returning an error from the unit of work would drop it.
        let tried = attempt!(self, |work| {
            if let Some(again) = work.activated_before(key).await? {
                work.spend(key.nonce());
                return Ok(Some(again));
            }
            work.redeem(key, offer, code, (name, language)).await
        })?;
        match tried {
            Some(activated) => Ok(activated),
            None => {
                self.count_refused_activation();
                Err(recovery::Rejection::ActivationCodeInvalid.into())
            }
        }
    }

    fn activations_are_slowed(&self) -> bool {
        let max = self.parts().policy.enrolment.refused_per_hour_alarm;
        let now = self.parts().clock.now().0;
        self.refused_activations.lock().is_ok_and(|counted| counted.in_hour(now, max))
    }

    fn count_refused_activation(&self) {
        let max = self.parts().policy.enrolment.refused_per_hour_alarm;
        let now = self.parts().clock.now().0;
        let pressure = self.refused_activations.lock().map(|mut counted| counted.count(now, max));
        if pressure.is_ok_and(|pressure| pressure.alarm) {
            self.raise_alarm(Alarm::ActivationCodesSprayed);
        }
    }
}

/// Normalises a typed offer number or code: upper case without spaces and hyphens.
fn plain(text: &str) -> Zeroizing<String> {
    Zeroizing::new(
        text.chars()
            .take(TYPED_CHARS_MAX)
            .filter(|c| !c.is_whitespace() && *c != '-')
            .flat_map(char::to_uppercase)
            .collect(),
    )
}

impl Work<'_> {
    pub(super) fn code_hash(&self, code: &str) -> KeyedHash {
        KeyedHash(self.service.parts().keys.code_hash("activation code", &[code.as_bytes()]))
    }

    /// The instance of an app that lost the first answer: the same key, still without a PIN, and with a grant that has not
    /// expired.
    async fn activated_before(&mut self, key: &NewKey) -> Result<Option<Activated>, Failure> {
        let keys = self.service.parts().keys.clone();
        let lookup = store::authenticator::by_device_key(&keys, key.public_key());
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
            None => Err(Failure::refused(Rejection::ActivationCodeInvalid)),
        }
    }

    /// Redeems a code. `None` where the code does not work; the failed try is saved with this unit of work.
    async fn redeem(
        &mut self,
        key: &NewKey,
        offer: Option<EnrolmentId>,
        code: &str,
        (name, language): (&str, &str),
    ) -> Result<Option<Activated>, Failure> {
        let client = key.client();
        let presented = PresentedCode {
            code: self.code_hash(code),
            client: KeyedHash(
                self.service.parts().keys.code_hash("client of an activation", &[client]),
            ),
        };
        let Some(offer) = offer else { return Ok(None) };
        let loaded = match self.load::<Enrolment>(Id(offer.0)).await {
            Ok(Some(loaded)) => loaded,
            // Unknown, or of an erased person.
            Ok(None) | Err(Failure::Refused(_)) => return Ok(None),
            Err(other) => return Err(other),
        };
        let instance = InstanceId(self.service.draw_id());
        let policy = self.service.parts().policy.clone();
        let person = loaded.value.person;
        match loaded.value.redeem(presented, instance, &policy, self.now()) {
            Err(_) => Ok(None),
            Ok(Redemption::Wrong(step)) => {
                let next = self.take(person, step);
                self.put(&loaded, &next);
                Ok(None)
            }
            Ok(Redemption::Right(step)) => {
                // Only now: a guess costs no row of its own.
                self.spend(key.nonce());
                let next = self.take(person, step);
                let app = BoundApp {
                    instance,
                    name: Sensitive::new(name.to_owned()),
                    bound_at: self.now(),
                };
                let grant = self.bind(&next, app, key, language).await?;
                self.put(&loaded, &next);
                Ok(Some(Activated { instance, grant }))
            }
        }
    }

    async fn bind(
        &mut self,
        enrolment: &Enrolment,
        app: BoundApp,
        key: &NewKey,
        language: &str,
    ) -> Result<Grant, Failure> {
        let now = self.now();
        let instance = app.instance;
        let person = self.load_person(enrolment.person).await?;
        let mut next = self.take(enrolment.person, person.value.app_bound(app));
        if Language::is_tag(language) {
            language.clone_into(&mut next.language);
        }
        self.put(&person, &next);
        let public_key = key.public_key().to_vec();
        self.insert(&Authenticator::bound(instance, enrolment.person, public_key, now));
        let grant = Grant::of_enrolment(GrantId(self.service.draw_id()), enrolment)?;
        self.insert(&grant);
        Ok(grant)
    }
}

#[cfg(test)]
mod tests {
    use super::{Pressure, RefusedActivations};

    #[test]
    fn many_refusals_in_an_hour_alarm_once_and_slow_until_the_hour_is_over() {
        let mut counted = RefusedActivations::default();
        let calm = Pressure { high: false, alarm: false };

        assert_eq!(counted.count(0, 3), calm);
        assert_eq!(counted.count(1, 3), calm);
        assert_eq!(counted.count(2, 3), Pressure { high: true, alarm: true });
        assert_eq!(counted.count(3, 3), Pressure { high: true, alarm: false });
        assert!(counted.in_hour(4, 3));
        assert!(!counted.in_hour(3_600_000, 3));
        assert_eq!(counted.count(3_600_000, 3), calm);
    }
}
