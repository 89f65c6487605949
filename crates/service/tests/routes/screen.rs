//! A screen from its first code to the last: who pairs it, what it may fetch, and when it is blank.

use crate::desk::{code, identified, identified_for};
use recovery::case::Delivery;
use recovery::effect::Medium;
use recovery::id::{CaseId, PersonId, ScreenId};
use recovery::temporary_pin::{State, TemporaryPin};
use recovery::time::Duration;
use request_signature::{Presented, SignedBy};
use service::Failure;
use service::desk::Issued;
use service::screen::{Nonce, Screen, ScreenState, ShownCode};
use service::signed_request::SignedRequest;
use store::Id;
use testkit::house::{self, House, SCREEN_URL};

/// So new that no code goes to the number.
const TOO_NEW: Duration = Duration::from_days(2);
const OLD: Duration = Duration::from_days(30);

/// A device that is to be a screen.
struct Device(house::Device);

impl Device {
    fn new(seed: u8) -> Self {
        Self(house::Device::new(seed))
    }

    fn key(&self) -> [u8; 65] {
        self.0.key()
    }

    async fn presented(&self, house: &House, by: SignedBy, path: &str, body: &[u8]) -> Presented {
        self.presented_as(house, by, &self.0.thumbprint(), (path, body)).await
    }

    /// What this device's key signs, under the name of that key or of another.
    async fn presented_as(
        &self,
        house: &House,
        by: SignedBy,
        keyid: &str,
        (path, body): (&str, &[u8]),
    ) -> Presented {
        let signed = (&*format!("{SCREEN_URL}{path}"), body);
        self.0.presented(&house.service, by, (keyid, "0123456789abcdef"), signed).await
    }

    async fn screen(&self, house: &House) -> Result<Screen, Failure> {
        let presented = self.presented(house, SignedBy::Screen, "/code", b"{}").await;
        house.service.verify_screen(request("/code", &presented), Nonce::Spent).await
    }

    async fn state(&self, house: &House) -> ScreenState {
        let screen = self.screen(house).await.unwrap();
        house.service.screen_state(&screen).await.unwrap()
    }

    async fn fetch(&self, house: &House) -> Option<ShownCode> {
        let screen = self.screen(house).await.unwrap();
        house.service.fetch_code(&screen).await.unwrap()
    }

    async fn offer(&self, house: &House, code: &str) -> Result<Screen, Failure> {
        let presented = self.presented(house, SignedBy::Screen, "/pair", b"{}").await;
        house.service.offer_screen_key(code, &self.key(), request("/pair", &presented)).await
    }

    async fn check(&self, house: &House) -> String {
        let ScreenState::Confirming { check } = self.state(house).await else { panic!("paired") };
        check
    }
}

fn request<'a>(path: &'a str, presented: &'a Presented) -> SignedRequest<'a> {
    SignedRequest { method: "POST", path_and_query: path, body: b"{}", presented }
}

/// A screen of Aarhus that clerks 11 and 12 have paired.
async fn paired(house: &House, seed: u8) -> (Device, ScreenId) {
    let device = Device::new(seed);
    let begun =
        house.service.begin_pairing(&house.clerk(11, "aarhus").await, "Desk 1").await.unwrap();
    device.offer(house, &begun.code).await.unwrap();
    let check = device.check(house).await;
    let id = house.service.confirm_pairing(&house.clerk(12, "aarhus").await, &check).await.unwrap();
    (device, id)
}

/// A case in which the rules refuse SMS, at its last step.
async fn waiting(house: &House) -> (CaseId, PersonId) {
    let person = house.enrolled(1, TOO_NEW).await;
    (identified(house, 1).await, person)
}

async fn issued(house: &House, case: CaseId, screen: ScreenId) -> Result<Issued, Failure> {
    let delivery = Delivery::Reveal(Medium::Screen(screen));
    house.service.issue_at_desk(&house.clerk(1, "aarhus").await, case, delivery, None).await
}

#[tokio::test]
async fn a_screen_is_paired_by_two_members_of_staff_and_not_by_one() {
    let house = House::new().await;
    let device = Device::new(1);
    let first = house.clerk(11, "aarhus").await;
    let nobody = house.clerk(50, "aarhus").await;
    let refused = house.service.begin_pairing(&nobody, "Desk 1").await.unwrap_err();
    assert_eq!(refused.to_string(), "refused: staff-person-missing", "50 may be 11 or 12");
    let begun = house.service.begin_pairing(&first, "Desk 1").await.unwrap();
    let typed = begun.code.to_lowercase();
    device.offer(&house, &format!("{} {}", &typed[..5], &typed[5..])).await.unwrap();
    let check = device.check(&house).await;
    let refused = house.service.confirm_pairing(&nobody, &check).await.unwrap_err();
    assert_eq!(refused.to_string(), "refused: staff-person-missing", "50 may be 11");

    let alone = house.service.confirm_pairing(&first, &check).await.unwrap_err();
    assert_eq!(code(alone), "same-clerk");
    let elsewhere =
        house.service.confirm_pairing(&house.clerk(12, "nuuk").await, &check).await.unwrap_err();
    assert_eq!(code(elsewhere), "pairing-not-valid");
    let other = Device::new(2).offer(&house, &begun.code).await.unwrap_err();
    assert_eq!(code(other), "pairing-not-valid", "the code is one device's");

    house.service.confirm_pairing(&house.clerk(12, "aarhus").await, &check).await.unwrap();
    assert!(matches!(device.state(&house).await, ScreenState::Ready { .. }));
    let said = house.journal_of_service().await;
    assert_eq!(said.iter().filter(|entry| entry.code == "screen-paired").count(), 1);
}

#[tokio::test]
async fn wrong_check_numbers_end_a_pairing() {
    let house = House::new().await;
    let device = Device::new(1);
    let begun =
        house.service.begin_pairing(&house.clerk(11, "aarhus").await, "Desk 1").await.unwrap();
    device.offer(&house, &begun.code).await.unwrap();
    let check = device.check(&house).await;
    let wrong = if check == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        let no = house
            .service
            .confirm_pairing(&house.clerk(12, "aarhus").await, wrong)
            .await
            .unwrap_err();
        assert_eq!(code(no), "pairing-check-wrong");
    }
    let late =
        house.service.confirm_pairing(&house.clerk(12, "aarhus").await, &check).await.unwrap_err();
    assert_eq!(code(late), "pairing-not-valid");
}

#[tokio::test]
async fn a_pairing_takes_ten_minutes_at_most_and_a_centre_has_few_at_once() {
    let house = House::new().await;
    for n in 0..4 {
        house
            .service
            .begin_pairing(&house.clerk(11, "aarhus").await, &format!("Desk {n}"))
            .await
            .unwrap();
    }
    let full =
        house.service.begin_pairing(&house.clerk(11, "aarhus").await, "Desk 5").await.unwrap_err();
    assert_eq!(code(full), "pairings-full");
    house.clock.advance_secs(600);
    let begun =
        house.service.begin_pairing(&house.clerk(11, "aarhus").await, "Desk 5").await.unwrap();
    house.clock.advance_secs(600);
    let late = Device::new(1).offer(&house, &begun.code).await.unwrap_err();
    assert_eq!(code(late), "pairing-not-valid");
}

#[tokio::test]
async fn only_the_screens_own_key_opens_anything() {
    let house = House::new().await;
    let (device, _) = paired(&house, 1).await;

    assert_eq!(code(Device::new(2).screen(&house).await.unwrap_err()), "signature-not-accepted");
    let as_app = device.presented(&house, SignedBy::App, "/code", b"{}").await;
    let refused = house.service.verify_screen(request("/code", &as_app), Nonce::Spent).await;
    assert_eq!(code(refused.unwrap_err()), "signature-not-accepted", "an app's signature is none");
    let presented = device.presented(&house, SignedBy::Screen, "/code", b"{}").await;
    let elsewhere = house.service.verify_screen(request("/blank", &presented), Nonce::Spent).await;
    assert_eq!(code(elsewhere.unwrap_err()), "signature-not-accepted");
    house.service.verify_screen(request("/code", &presented), Nonce::Spent).await.unwrap();
    let again = house.service.verify_screen(request("/code", &presented), Nonce::Spent).await;
    assert_eq!(code(again.unwrap_err()), "nonce-not-accepted");
}

#[tokio::test]
async fn a_device_offers_the_key_that_signs_and_no_other() {
    let house = House::new().await;
    let begun =
        house.service.begin_pairing(&house.clerk(11, "aarhus").await, "Desk 1").await.unwrap();
    let (device, other) = (Device::new(1), Device::new(2));
    let presented = device.presented(&house, SignedBy::Screen, "/pair", b"{}").await;
    let offered = house
        .service
        .offer_screen_key(&begun.code, &other.key(), request("/pair", &presented))
        .await;
    assert_eq!(code(offered.unwrap_err()), "signature-not-accepted");
    let name = other.0.thumbprint();
    let named = device.presented_as(&house, SignedBy::Screen, &name, ("/pair", b"{}")).await;
    let offered =
        house.service.offer_screen_key(&begun.code, &device.key(), request("/pair", &named)).await;
    assert_eq!(code(offered.unwrap_err()), "signature-not-accepted", "under another key's name");
    let as_app = device.presented(&house, SignedBy::App, "/pair", b"{}").await;
    let offered =
        house.service.offer_screen_key(&begun.code, &device.key(), request("/pair", &as_app)).await;
    assert_eq!(code(offered.unwrap_err()), "signature-not-accepted");
    device.offer(&house, &begun.code).await.unwrap();
}

#[tokio::test]
async fn a_number_too_new_gets_the_code_on_the_paired_screen() {
    let house = House::new().await;
    let (device, screen) = paired(&house, 1).await;
    let (case, _) = waiting(&house).await;
    assert!(device.fetch(&house).await.is_none());

    assert_eq!(issued(&house, case, screen).await.unwrap(), Issued::OnScreen);

    assert_eq!(device.state(&house).await, ScreenState::CodeWaits);
    let shown = device.fetch(&house).await.unwrap();
    assert!(shown.code.len() == 8 && shown.code.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(device.state(&house).await, ScreenState::Showing);
    let sent = house.messages().await;
    assert!(!sent.iter().any(|text| text.contains(shown.code.as_str())), "{sent:?}");

    house.clock.advance_secs(59);
    let again = device.fetch(&house).await.unwrap();
    assert_eq!(again.code, shown.code, "an answer may be lost");
    house.clock.advance_secs(1);
    assert!(device.fetch(&house).await.is_none(), "a minute is over");
    let row =
        house.service.parts().store.load(store::kinds::REVEAL, last_reveal(&house).await).await;
    assert!(row.unwrap().is_none(), "and the row is gone");
    assert_eq!(device.state(&house).await, ScreenState::Showing, "it may still stand there");
    house.clock.advance_secs(239);
    assert_eq!(device.state(&house).await, ScreenState::Showing);
    house.clock.advance_secs(1);
    assert!(matches!(device.state(&house).await, ScreenState::Ready { .. }), "five minutes");
}

/// The id of the newest code in a row, or one that no row has.
async fn last_reveal(house: &House) -> store::Id {
    let rows = house.service.parts().store.scan(store::kinds::REVEAL, None, 10).await.unwrap();
    rows.last().map_or(store::Id(0), |row| row.record.id)
}

#[tokio::test]
async fn another_screen_and_another_centre_get_nothing() {
    let house = House::new().await;
    let (_, screen) = paired(&house, 1).await;
    let (other, _) = paired(&house, 2).await;
    let (case, _) = waiting(&house).await;

    let nobody = issued(&house, case, ScreenId(77)).await.unwrap_err();
    assert_eq!(code(nobody), "screen-not-paired");
    let far = Device::new(3);
    let begun =
        house.service.begin_pairing(&house.clerk(11, "nuuk").await, "Desk 1").await.unwrap();
    far.offer(&house, &begun.code).await.unwrap();
    let check = far.check(&house).await;
    let far_away =
        house.service.confirm_pairing(&house.clerk(12, "nuuk").await, &check).await.unwrap();
    let elsewhere = issued(&house, case, far_away).await.unwrap_err();
    assert_eq!(code(elsewhere), "screen-not-paired", "it stands in another centre");
    issued(&house, case, screen).await.unwrap();
    assert!(other.fetch(&house).await.is_none());
    assert!(matches!(other.state(&house).await, ScreenState::Ready { .. }));
}

#[tokio::test]
async fn two_screens_that_are_asked_for_at_once_show_one_code() {
    let house = House::new().await;
    let (first, one) = paired(&house, 1).await;
    let (second, two) = paired(&house, 2).await;
    let (case, _) = waiting(&house).await;

    let both = tokio::join!(issued(&house, case, one), issued(&house, case, two));

    let done = usize::from(both.0.is_ok()) + usize::from(both.1.is_ok());
    assert_eq!(done, 1, "{both:?}");
    let shown = (first.fetch(&house).await.is_some(), second.fetch(&house).await.is_some());
    assert_eq!(shown, (both.0.is_ok(), both.1.is_ok()));
}

#[tokio::test]
async fn a_touch_and_a_used_code_blank_the_screen() {
    let house = House::new().await;
    let (device, screen) = paired(&house, 1).await;
    let (case, person) = waiting(&house).await;
    issued(&house, case, screen).await.unwrap();
    device.fetch(&house).await.unwrap();

    let handle = device.screen(&house).await.unwrap();
    house.service.blank_screen(&handle).await.unwrap();

    assert!(matches!(device.state(&house).await, ScreenState::Ready { .. }));
    assert!(device.fetch(&house).await.is_none(), "what was hidden does not come back");

    let case = identified_for(&house, 1, 60).await;
    issued(&house, case, screen).await.unwrap();
    device.fetch(&house).await.unwrap();
    house.rows().change::<TemporaryPin>(Id(person.0), |it| it.state = State::Empty).await;
    assert!(matches!(device.state(&house).await, ScreenState::Ready { .. }), "it was used");
    assert!(device.fetch(&house).await.is_none());
}

#[tokio::test]
async fn a_screen_that_shows_a_code_takes_no_second_one() {
    let house = House::new().await;
    let (_, screen) = paired(&house, 1).await;
    let (case, _) = waiting(&house).await;
    issued(&house, case, screen).await.unwrap();
    house.enrolled(2, TOO_NEW).await;
    let other = identified_for(&house, 2, 60).await;
    assert_eq!(code(issued(&house, other, screen).await.unwrap_err()), "screen-busy");
}

#[tokio::test]
async fn a_code_is_shown_by_one_clerk_only_where_the_rules_refused_sms_before_the_visit() {
    let house = House::new().await;
    let (_, screen) = paired(&house, 1).await;
    let person = house.enrolled(1, OLD).await;
    let case = identified(&house, 1).await;

    assert_eq!(code(issued(&house, case, screen).await.unwrap_err()), "second-clerk-needed");
    // Somebody takes the number away, or touches it, after the person was checked in.
    let now = house.service.now().await.unwrap();
    house.change_person(person, |it| it.channels[0].removed_at = Some(now)).await;
    assert_eq!(code(issued(&house, case, screen).await.unwrap_err()), "second-clerk-needed");
    house
        .change_person(person, |it| {
            it.channels[0].removed_at = None;
            it.channels[0].changed_at = now;
        })
        .await;
    assert_eq!(code(issued(&house, case, screen).await.unwrap_err()), "second-clerk-needed");
}

#[tokio::test]
async fn a_lost_number_is_a_case_for_two_clerks() {
    let house = House::new().await;
    let (device, screen) = paired(&house, 1).await;
    house.enrolled(1, OLD).await;
    let case = identified(&house, 1).await;
    let (by, colleague) = (house.clerk(1, "aarhus").await, house.clerk(3, "aarhus").await);
    let service = &house.service;
    let open = service.desk_today(&colleague).await.unwrap().open;
    assert!(!open[0].wants_second_clerk);

    let others = service.number_is_lost(&colleague, case).await.unwrap_err();
    assert_eq!(code(others), "not-your-case");
    service.number_is_lost(&by, case).await.unwrap();
    assert!(service.desk_today(&colleague).await.unwrap().open[0].wants_second_clerk);
    assert_eq!(code(issued(&house, case, screen).await.unwrap_err()), "second-clerk-needed");
    service.second_clerk(&colleague, case).await.unwrap();

    assert_eq!(issued(&house, case, screen).await.unwrap(), Issued::OnScreen);
    assert!(device.fetch(&house).await.is_some());
}

#[tokio::test]
async fn one_clerk_has_so_many_codes_shown_a_day() {
    let mut policy = recovery::policy::Policy::of(recovery::policy::Profile::PublicService);
    policy.desk.codes_shown_per_clerk_per_day_max = 1;
    let house = House::ruled_by(policy).await;
    let (device, screen) = paired(&house, 1).await;
    let (case, _) = waiting(&house).await;
    issued(&house, case, screen).await.unwrap();
    let handle = device.screen(&house).await.unwrap();
    house.service.blank_screen(&handle).await.unwrap();

    house.enrolled(2, TOO_NEW).await;
    let other = identified_for(&house, 2, 60).await;
    assert_eq!(code(issued(&house, other, screen).await.unwrap_err()), "codes-shown-cap-reached");
}

#[tokio::test]
async fn a_pairing_ends_by_one_member_of_staff_and_lapses_after_90_days() {
    let house = House::new().await;
    let (device, screen) = paired(&house, 1).await;
    let elsewhere =
        house.service.end_screen(&house.clerk(1, "nuuk").await, screen).await.unwrap_err();
    assert_eq!(code(elsewhere), "not-found");
    let listed = house.service.screens(&house.clerk(4, "aarhus").await).await.unwrap();
    assert_eq!((listed.len(), listed[0].id), (1, screen));
    assert!(house.service.screens(&house.clerk(4, "nuuk").await).await.unwrap().is_empty());

    house.service.end_screen(&house.clerk(4, "aarhus").await, screen).await.unwrap();
    assert_eq!(code(device.screen(&house).await.unwrap_err()), "signature-not-accepted");
    assert!(house.service.screens(&house.clerk(4, "aarhus").await).await.unwrap().is_empty());

    let (device, _) = paired(&house, 2).await;
    house.clock.advance_secs(90 * 24 * 3_600 - 1);
    device.screen(&house).await.unwrap();
    house.clock.advance_secs(1);
    assert_eq!(code(device.screen(&house).await.unwrap_err()), "signature-not-accepted");
    assert!(house.service.screens(&house.clerk(4, "aarhus").await).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_code_that_ran_out_is_shown_to_nobody() {
    let house = House::new().await;
    let (device, screen) = paired(&house, 1).await;
    let (case, _) = waiting(&house).await;
    issued(&house, case, screen).await.unwrap();
    house.clock.advance_secs(30 * 60);
    assert!(device.fetch(&house).await.is_none());
    assert!(matches!(device.state(&house).await, ScreenState::Ready { .. }));
}

#[tokio::test]
async fn paper_is_refused_as_long_as_no_printer_is_configured() {
    let house = House::new().await;
    let (case, _) = waiting(&house).await;
    let delivery = Delivery::Reveal(Medium::Paper);
    let refused =
        house.service.issue_at_desk(&house.clerk(1, "aarhus").await, case, delivery, None).await;
    assert_eq!(code(refused.unwrap_err()), "paper-not-configured");
}

#[tokio::test]
async fn without_an_address_for_screens_there_are_none() {
    let house = House::with_alarms().await;
    let refused =
        house.service.begin_pairing(&house.clerk(11, "aarhus").await, "Desk 1").await.unwrap_err();
    assert_eq!(code(refused), "not-found");
}
