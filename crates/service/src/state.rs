//! The state of an app instance, as the instance itself may know it.

use crate::caller::App;
use crate::work::Work;
use crate::{Failure, Service};
use recovery::authenticator::View;
use recovery::case::Case;
use recovery::grant::Grant;
use recovery::id::InstanceId;
use recovery::sensitive::Sensitive;
use recovery::time::Timestamp;
use registers::PersonRef;
use store::rows::case::StoredCase;

/// The state of the calling instance.
#[derive(Clone, Debug)]
pub struct AppState {
    /// Whether the app is ready, locked, blocked and so on.
    pub view: View,
    /// A grant under which a PIN can still be chosen.
    pub grant: Option<OpenGrant>,
    /// The open chip + face case of this instance.
    pub case: Option<Case>,
    /// Whether a service asks the person to sign in.
    pub sign_in_waits: bool,
    /// The instant for which all this holds.
    pub now: Timestamp,
}

/// A grant with the data that the app needs to refuse a weak PIN.
#[derive(Clone, Debug)]
pub struct OpenGrant {
    /// The grant.
    pub grant: Grant,
    /// Seconds until the grant lapses.
    pub seconds_left: u64,
    /// The holder's birth date, `YYYY-MM-DD`, which is released with a grant and never without one (PROTOCOLS.md section 3).
    pub birth_date: Option<Sensitive<String>>,
}

impl Service {
    /// The state of the calling instance.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn app_state(&self, app: &App) -> Result<AppState, Failure> {
        let mut work = Work::begin(self).await?;
        let instance = work.instance(app).await?;
        let view = work.view(&instance).await?;
        Ok(AppState {
            view,
            grant: work.open_grant(app.instance()).await?,
            case: work.open_chip_case(app).await?.map(|stored| stored.case),
            sign_in_waits: work.sign_in_waits(app.person()).await?,
            now: work.now(),
        })
    }
}

impl Service {
    /// Adds to a grant the data that the app needs to use it.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn released(&self, grant: Grant) -> Result<OpenGrant, Failure> {
        Work::begin(self).await?.with_birth_date(grant).await
    }
}

impl Work<'_> {
    /// The grant of this instance that can still be used, if any.
    pub(crate) async fn open_grant(
        &mut self,
        instance: InstanceId,
    ) -> Result<Option<OpenGrant>, Failure> {
        let parts = self.service.parts();
        let lookup = store::rows::grant::of_instance(&parts.keys, instance);
        let now = self.now();
        let grants = self.find::<Grant>(lookup).await?;
        let newest = grants
            .into_iter()
            .filter(|grant| now < grant.lapses_at(&parts.policy))
            .max_by_key(|grant| grant.issued_at);
        match newest {
            Some(grant) => self.with_birth_date(grant).await.map(Some),
            None => Ok(None),
        }
    }

    /// Adds the holder's birth date to a grant.
    pub(crate) async fn with_birth_date(&mut self, grant: Grant) -> Result<OpenGrant, Failure> {
        let parts = self.service.parts();
        // The date is only shown to the app, which keeps the PIN from being the birth date.
        let identity = self
            .glance::<store::rows::identity::Identity>(grant.person)
            .await?
            .ok_or_else(|| Failure::fault("a person has no identity", "missing identity"))?;
        // A register that is away must not keep anybody from a new PIN: then the rule has no date to use.
        let born = match PersonRef::parse(identity.operator_id.expose()) {
            Ok(person) => parts
                .registers
                .population
                .person(&person)
                .await
                .ok()
                .flatten()
                .and_then(|it| it.born()),
            Err(_) => None,
        };
        let birth_date = born.map(|date| Sensitive::new(date.to_string()));
        let seconds_left = grant.lapses_at(&parts.policy).seconds_from(self.now());
        Ok(OpenGrant { grant, seconds_left, birth_date })
    }

    /// The chip + face case of this instance that still waits for a chip or a face.
    pub(crate) async fn open_chip_case(
        &mut self,
        app: &App,
    ) -> Result<Option<StoredCase>, Failure> {
        let parts = self.service.parts();
        let lookup = store::rows::case::open_of_person(&parts.keys, app.person());
        let now = self.now();
        let cases = self.find::<StoredCase>(lookup).await?;
        Ok(cases.into_iter().find(|stored| {
            let case = &stored.case;
            let open = case.deadline(&parts.policy).is_none_or(|deadline| now < deadline);
            open && case.app() == Some(app.instance())
        }))
    }
}
