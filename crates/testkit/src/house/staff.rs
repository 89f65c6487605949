//! Members of staff, who sign in with a passkey before they do anything.

use super::House;
use crate::passkey::{self, Authenticator};
use recovery::id::{CentreId, StaffId};
use recovery::staff::Role;
use service::appointment::centre_id;
use service::caller::{Agent, Clerk, Supervisor};
use service::conduct::{OwnPerson, StaffPerson};
use service::staff::administration::KeyReason;
use service::staff::passkey::{Registration, RelyingParty};
use service::staff::{Account, SignedIn, Site};
use std::sync::PoisonError;
use store::Id;

/// Members up to this one carry a person id of their own from their first sign-in on; later ones carry nothing.
const EMPLOYED_MAX: u128 = 20;

impl House {
    /// A clerk of this centre.
    pub async fn clerk(&self, id: u128, centre: &str) -> Clerk {
        let signed_in = self.member(id, Role::Clerk, Site::Desk, Some(centre_id(centre))).await;
        signed_in.clerk().unwrap()
    }

    /// An agent of Support.
    pub async fn agent(&self, id: u128) -> Agent {
        self.in_support(id).await.agent().unwrap()
    }

    /// An agent at the console of Support.
    pub async fn in_support(&self, id: u128) -> SignedIn {
        self.member(id, Role::Agent, Site::Support, Some(Self::centre())).await
    }

    /// A supervisor, who sees both consoles.
    pub async fn supervisor(&self, id: u128) -> Supervisor {
        let centre = Some(Self::centre());
        self.member(id, Role::Supervisor, Site::Support, centre).await.supervisor().unwrap()
    }

    /// The operator's own member of staff, at the console of operations.
    pub async fn in_operations(&self, id: u128) -> SignedIn {
        self.member(id, Role::Operator, Site::Operations, None).await
    }

    /// Where agents and supervisors work: Aarhus.
    #[must_use]
    pub fn centre() -> CentreId {
        centre_id("aarhus")
    }

    /// Gives a member of staff a person id of their own, or a declared list.
    ///
    /// # Errors
    ///
    /// What the service refuses.
    pub async fn take_person(
        &self,
        id: u128,
        person: Option<&str>,
        declared: Option<&[String]>,
    ) -> Result<(), service::Failure> {
        if self.rows().load::<Account>(Id(id)).await.is_none() {
            let account = Account::new(StaffId(id), "Anna".to_owned(), Vec::new());
            self.rows().save(&account).await;
        }
        let own = OwnPerson::read(person, declared).unwrap();
        self.service.set_staff_person(StaffId(id), &own).await
    }

    /// The same, where nothing stands in the way.
    pub async fn employ(&self, id: u128, person: Option<&str>, declared: Option<&[String]>) {
        self.take_person(id, person, declared).await.unwrap();
    }

    /// A member of staff in one role, as a session says who they are. Time stands still for the sign-in where the clock is
    /// not trusted.
    async fn member(&self, id: u128, role: Role, site: Site, centre: Option<CentreId>) -> SignedIn {
        let name = (id, role.code(), centre.map(|centre| centre.0));
        if let Some(known) = self.known_staff().get(&name) {
            return known.clone();
        }
        let mut account = match self.rows().load::<Account>(Id(id)).await {
            Some(account) => account,
            None => Account::new(StaffId(id), "Anna".to_owned(), Vec::new()),
        };
        (account.roles, account.centre) = (vec![role], centre);
        self.rows().save(&account).await;
        let carries_none = self.rows().load::<StaffPerson>(Id(id)).await.is_none();
        if id <= EMPLOYED_MAX && carries_none {
            self.employ(id, Some(&format!("staff-{id}")), None).await;
        }
        let signed_in = self.signed_in(StaffId(id), site).await;
        self.known_staff().insert(name, signed_in.clone());
        signed_in
    }

    /// A session of this account, opened by a passkey that was just registered.
    async fn signed_in(&self, staff: StaffId, site: Site) -> SignedIn {
        let service = self.service.with_time_standing_still();
        let link = service.add_staff_key(staff, site, KeyReason::Another).await.unwrap();
        let asked = service.ask_for_passkey(&link, site).await.unwrap();
        let id = format!("{}.genvej.example", site.code());
        let origin = format!("https://{id}");
        let party = RelyingParty { site, origin: &origin, id: &id };
        let mut device = Authenticator::es256(11);
        service.parts().random.fill(&mut device.credential);
        let registration = Registration {
            client_data: passkey::client_data("webauthn.create", &asked.challenge, party.origin),
            attestation_object: passkey::attestation_object(
                device.new_credential(party.id, passkey::REGISTERED),
            ),
        };
        let token = service.register_passkey(&link, &registration, party).await.unwrap();
        service.session(&token, site).await.unwrap()
    }

    fn known_staff(&self) -> std::sync::MutexGuard<'_, super::KnownStaff> {
        self.staff.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
