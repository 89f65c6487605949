//! Ceremonies of every algorithm, second and lost passkeys, and what an authenticator may not say.

use recovery::id::StaffId;
use recovery::staff::Role;
use service::Failure;
use service::conduct::OwnPerson;
use service::staff::administration::{KeyReason, NewRoles};
use service::staff::passkey::{Assertion, Passkey, Registration, RelyingParty};
use service::staff::{Account, NewMember, Site};
use sha2::{Digest as _, Sha256};
use store::codec::{Reader, Stored as _, Writer};
use store::facade::Aggregate as _;
use testkit::House;
use testkit::passkey::{self, Authenticator};
use zeroize::Zeroizing;

const PARTY: RelyingParty<'static> =
    RelyingParty { site: Site::Desk, origin: "https://desk.example", id: "desk.example" };

/// A device with one passkey, used at the console of the desk.
struct Device(Authenticator);

impl Device {
    fn es256(name: u8) -> Self {
        Self(Authenticator::es256(name))
    }

    fn rs256(name: u8) -> Self {
        Self(Authenticator::rs256(name))
    }

    fn ed_dsa(name: u8) -> Self {
        Self(Authenticator::ed_dsa(name))
    }

    fn registration(&self, challenge: &[u8]) -> Registration {
        let data = self.0.new_credential(PARTY.id, passkey::REGISTERED);
        Registration {
            client_data: passkey::client_data("webauthn.create", challenge, PARTY.origin),
            attestation_object: passkey::attestation_object(data),
        }
    }

    async fn register(&self, house: &House, link: &str) -> Result<Zeroizing<String>, Failure> {
        let asked = house.service.ask_for_passkey(link, PARTY.site).await?;
        let registration = self.registration(&asked.challenge);
        house.service.register_passkey(link, &registration, PARTY).await
    }

    async fn sign_in(&mut self, house: &House) -> Result<Zeroizing<String>, Failure> {
        let assertion = self.assertion(house).await?;
        house.service.sign_in_by_passkey(&assertion, PARTY).await
    }

    /// An answer to a fresh challenge.
    async fn assertion(&mut self, house: &House) -> Result<Assertion, Failure> {
        self.0.count += 1;
        let challenge = house.service.passkey_challenge(PARTY.site).await?;
        let client_data = passkey::client_data("webauthn.get", &challenge, PARTY.origin);
        let authenticator_data = self.0.data(PARTY.id, passkey::SIGNED);
        let signed = [authenticator_data.clone(), hash_of(&client_data)].concat();
        Ok(Assertion {
            credential: self.0.credential.clone(),
            signature: self.0.sign(&signed),
            client_data,
            authenticator_data,
        })
    }
}

fn hash_of(client_data: &[u8]) -> Vec<u8> {
    Sha256::digest(client_data).to_vec()
}

fn code(result: Result<Zeroizing<String>, Failure>) -> String {
    result.unwrap_err().to_string()
}

async fn invited(house: &House) -> Zeroizing<String> {
    let member = NewMember {
        name: "Karla Clerk".into(),
        roles: vec![Role::Clerk],
        centre: Some("aarhus".into()),
        site: Site::Desk,
        own: OwnPerson::default(),
    };
    house.service.invite_staff(&member).await.unwrap()
}

fn a_clerk_who_is(person: &str) -> NewMember {
    NewMember {
        name: "Karla Clerk".into(),
        roles: vec![Role::Clerk],
        centre: Some("aarhus".into()),
        site: Site::Desk,
        own: OwnPerson::read(Some(person), None).unwrap(),
    }
}

async fn only_account(house: &House) -> StaffId {
    let accounts = house.service.staff_accounts(None).await.unwrap();
    assert_eq!(accounts.len(), 1);
    accounts[0].id
}

#[tokio::test]
async fn a_passkey_of_every_algorithm_registers_and_signs_in() {
    for mut device in [Device::es256(1), Device::rs256(2), Device::ed_dsa(3)] {
        let house = House::new().await;
        let link = invited(&house).await;

        device.register(&house, &link).await.unwrap();
        let session = device.sign_in(&house).await.unwrap();

        let signed_in = house.service.session(&session, Site::Desk).await.unwrap();
        assert!(signed_in.clerk().is_ok());
        assert_eq!(signed_in.name(), "Karla Clerk");
        device.0.credential[0] ^= 1;
        assert_eq!(code(device.sign_in(&house).await), "refused: passkey-not-accepted");
    }
}

/// A page inside a page of somebody else is not signed in from (WebAuthn Level 3 sections 7.1 and 7.2).
#[tokio::test]
async fn a_ceremony_in_a_frame_of_another_site_does_not_count() {
    let house = House::new().await;
    let link = invited(&house).await;
    let mut device = Device::es256(1);
    let framed = |client_data: &[u8]| {
        let mut said: serde_json::Value = serde_json::from_slice(client_data).unwrap();
        said["crossOrigin"] = true.into();
        said.to_string().into_bytes()
    };

    let challenge = house.service.passkey_challenge(Site::Desk).await.unwrap();
    let mut registration = device.registration(&challenge);
    registration.client_data = framed(&registration.client_data);
    let registered = house.service.register_passkey(&link, &registration, PARTY).await;
    assert_eq!(code(registered), "refused: passkey-not-accepted");

    device.register(&house, &link).await.unwrap();
    let mut assertion = device.assertion(&house).await.unwrap();
    assertion.client_data = framed(&assertion.client_data);
    let signed = [assertion.authenticator_data.clone(), hash_of(&assertion.client_data)].concat();
    assertion.signature = device.0.sign(&signed);
    let signed_in = house.service.sign_in_by_passkey(&assertion, PARTY).await;
    assert_eq!(code(signed_in), "refused: passkey-not-accepted");
    assert!(device.sign_in(&house).await.is_ok());
}

#[tokio::test]
async fn the_picker_shows_the_name_and_an_account_has_one_handle() {
    let house = House::new().await;
    let link = invited(&house).await;

    let first = house.service.ask_for_passkey(&link, Site::Desk).await.unwrap();
    Device::es256(1).register(&house, &link).await.unwrap();
    let id = only_account(&house).await;
    let second = house.service.add_staff_key(id, Site::Desk, KeyReason::Another).await.unwrap();
    let second = house.service.ask_for_passkey(&second, Site::Desk).await.unwrap();

    assert_eq!(first.name, "Karla Clerk");
    assert_eq!((second.name, second.handle), (first.name, first.handle));
    assert_eq!(second.exclude, [vec![1; 16]]);
    assert!(first.exclude.is_empty());
}

#[tokio::test]
async fn a_second_passkey_opens_the_same_account_and_the_first_stays_good() {
    let house = House::new().await;
    let (mut first, mut second) = (Device::es256(1), Device::ed_dsa(2));
    first.register(&house, &invited(&house).await).await.unwrap();
    let id = only_account(&house).await;

    let link = house.service.add_staff_key(id, Site::Desk, KeyReason::Another).await.unwrap();
    second.register(&house, &link).await.unwrap();

    for device in [&mut first, &mut second] {
        let session = device.sign_in(&house).await.unwrap();
        let signed_in = house.service.session(&session, Site::Desk).await.unwrap();
        assert_eq!(signed_in.member().id, id);
    }
    assert_eq!(house.service.staff_account(id).await.unwrap().keys.len(), 2);
    assert_eq!(code(second.register(&house, &link).await), "refused: invitation-not-valid");
}

#[tokio::test]
async fn whoever_lost_the_key_keeps_the_account_and_the_finder_gets_nothing() {
    let house = House::new().await;
    let (mut lost, mut new) = (Device::es256(1), Device::rs256(2));
    let session = lost.register(&house, &invited(&house).await).await.unwrap();
    let id = only_account(&house).await;

    let link = house.service.add_staff_key(id, Site::Desk, KeyReason::Lost).await.unwrap();

    assert_eq!(code(lost.sign_in(&house).await), "refused: passkey-not-accepted");
    assert!(house.service.session(&session, Site::Desk).await.is_err(), "sessions end at once");
    let session = new.register(&house, &link).await.unwrap();
    let signed_in = house.service.session(&session, Site::Desk).await.unwrap();
    assert_eq!(signed_in.member().id, id);
    assert!(new.sign_in(&house).await.is_ok());
}

#[tokio::test]
async fn a_shut_account_is_shut_at_once_for_sessions_passkeys_and_links() {
    let house = House::new().await;
    let (mut device, second) = (Device::es256(1), Device::ed_dsa(2));
    let session = device.register(&house, &invited(&house).await).await.unwrap();
    let id = only_account(&house).await;
    let link = house.service.add_staff_key(id, Site::Desk, KeyReason::Another).await.unwrap();

    house.service.disable_staff(id).await.unwrap();

    assert!(house.service.session(&session, Site::Desk).await.is_err());
    assert_eq!(code(device.sign_in(&house).await), "refused: account-disabled");
    assert_eq!(code(second.register(&house, &link).await), "refused: account-disabled");
    let more = house.service.add_staff_key(id, Site::Desk, KeyReason::Another).await;
    assert_eq!(code(more), "refused: account-disabled");
    assert!(house.service.staff_account(id).await.unwrap().disabled_at.is_some());
    house.service.enable_staff(id).await.unwrap();
    assert!(
        house.service.session(&session, Site::Desk).await.is_err(),
        "an old session stays over"
    );
    assert!(device.sign_in(&house).await.is_ok());
}

#[tokio::test]
async fn a_name_that_turns_writing_around_is_no_name_of_staff() {
    let house = House::new().await;
    for name in ["Karla \u{202e}kcirtaP", "\u{2066}Karla", "", "Karla\nClerk"] {
        let member = NewMember { name: name.into(), ..a_clerk_who_is("karla") };
        let invited = code(house.service.invite_staff(&member).await);
        assert_eq!(invited, "refused: staff-name-invalid", "{name:?}");
    }
}

#[tokio::test]
async fn one_person_is_invited_to_one_account() {
    let house = House::new().await;
    let karla = a_clerk_who_is("karla");
    let links = [
        house.service.invite_staff(&karla).await.unwrap(),
        house.service.invite_staff(&karla).await.unwrap(),
    ];
    Device::es256(1).register(&house, &links[0]).await.unwrap();

    let second = Device::es256(2).register(&house, &links[1]).await;

    assert_eq!(code(second), "refused: staff-person-of-another");
    assert_eq!(code(house.service.invite_staff(&karla).await), "refused: staff-person-of-another");
    only_account(&house).await;
}

#[tokio::test]
async fn a_shut_account_gives_its_person_free_until_it_is_opened_again() {
    let house = House::new().await;
    let karla = a_clerk_who_is("karla");
    let link = house.service.invite_staff(&karla).await.unwrap();
    Device::es256(1).register(&house, &link).await.unwrap();
    let first = only_account(&house).await;
    house.service.disable_staff(first).await.unwrap();
    house.service.enable_staff(first).await.unwrap();
    assert_eq!(code(house.service.invite_staff(&karla).await), "refused: staff-person-of-another");

    house.service.disable_staff(first).await.unwrap();
    house.service.set_staff_person(first, &karla.own).await.unwrap();
    let link = house.service.invite_staff(&karla).await.unwrap();
    Device::es256(2).register(&house, &link).await.unwrap();

    let reopened = house.service.enable_staff(first).await;
    assert_eq!(reopened.unwrap_err().to_string(), "refused: staff-person-of-another");
    assert!(house.service.staff_account(first).await.unwrap().disabled_at.is_some());
}

#[tokio::test]
async fn roles_are_held_against_the_console_before_a_link_is_sent() {
    let house = House::new().await;
    let member = |role, site, centre: Option<&str>| NewMember {
        name: "Bo".into(),
        roles: vec![role],
        centre: centre.map(str::to_owned),
        site,
        own: OwnPerson::default(),
    };
    for (role, site, centre, expected) in [
        (Role::Operator, Site::Support, Some("aarhus"), "role-not-for-console"),
        (Role::Auditor, Site::Desk, Some("aarhus"), "role-not-for-console"),
        (Role::Clerk, Site::Support, Some("aarhus"), "role-not-for-console"),
        (Role::Agent, Site::Desk, Some("aarhus"), "role-not-for-console"),
        (Role::Clerk, Site::Desk, Some("nope"), "centre-not-found"),
        (Role::Supervisor, Site::Desk, Some("nope"), "centre-not-found"),
        (Role::Clerk, Site::Desk, None, "centre-missing"),
    ] {
        let invited = house.service.invite_staff(&member(role, site, centre)).await;
        assert_eq!(code(invited), format!("refused: {expected}"), "{role:?} {site:?} {centre:?}");
    }
    Device::es256(1).register(&house, &invited(&house).await).await.unwrap();
    let id = only_account(&house).await;
    for role in [Role::Agent, Role::Operator, Role::Auditor] {
        let new = NewRoles { roles: vec![role], centre: None };
        let refused = house.service.set_staff_roles(id, &new).await.unwrap_err();
        assert_eq!(refused.to_string(), "refused: role-not-for-console", "{role:?}");
    }
    let new = NewRoles { roles: vec![Role::Supervisor, Role::Clerk], centre: Some("nuuk".into()) };
    house.service.set_staff_roles(id, &new).await.unwrap();
    let account = house.service.staff_account(id).await.unwrap();
    assert_eq!((account.roles.len(), account.centre.as_deref()), (2, Some("nuuk")));
}

#[tokio::test]
async fn an_invitation_is_for_one_console() {
    let house = House::new().await;
    let link = invited(&house).await;
    let support = RelyingParty { site: Site::Support, ..PARTY };

    let challenge = house.service.passkey_challenge(Site::Support).await.unwrap();
    let registration = Device::es256(1).registration(&challenge);
    let refused = house.service.register_passkey(&link, &registration, support).await;

    assert_eq!(code(refused), "refused: invitation-not-valid");
    assert!(house.service.ask_for_passkey(&link, Site::Support).await.is_err());
}

#[tokio::test]
async fn passkeys_are_no_second_door_where_a_provider_is_configured() {
    let house = House::new().await;
    let mut device = Device::es256(1);
    let session = device.register(&house, &invited(&house).await).await.unwrap();
    let id = only_account(&house).await;

    let house = house.with_provider();

    assert!(house.service.session(&session, Site::Desk).await.is_err());
    assert_eq!(code(device.sign_in(&house).await), "refused: staff-by-provider");
    let more = house.service.add_staff_key(id, Site::Desk, KeyReason::Another).await;
    assert_eq!(code(more), "refused: staff-by-provider");
}

#[tokio::test]
async fn a_key_of_an_earlier_version_signs_in() {
    let house = House::new().await;
    let mut device = Device::es256(1);
    device.register(&house, &invited(&house).await).await.unwrap();
    let id = only_account(&house).await;
    // The bytes of schema 1: id, staff, SPKI, count.
    let [row] = &house.rows().all::<Passkey>().await[..] else { panic!("one key") };
    let mut writer = Writer::new();
    writer.u128(row.id().0);
    writer.u128(id.0);
    writer.bytes(&device.0.public_key_info().unwrap());
    writer.u32(0);
    let written = writer.finish();
    let old = Passkey::restore(&mut Reader::of_schema(1, &written), "passkey").unwrap();
    house.rows().save(&old).await;

    assert!(device.sign_in(&house).await.is_ok());
    assert_eq!(house.service.staff_account(id).await.unwrap().keys[0].made_at, None);
}

#[test]
fn an_account_whose_claim_was_too_long_is_read_again() {
    let mut writer = Writer::new();
    writer.u128(7);
    writer.str(&"n".repeat(400));
    writer.seq([Role::Agent].iter(), |w, role| w.str(role.code()));
    writer.option(None::<&u128>, |w, centre| w.u128(*centre));
    writer.seq(["x".repeat(65)].iter(), |w, person| w.str(person));
    let written = writer.finish();

    let account = Account::restore(&mut Reader::of_schema(1, &written), "account").unwrap();

    assert_eq!(account.kin.len(), 1);
    assert_eq!(account.disabled_at, None);
}
