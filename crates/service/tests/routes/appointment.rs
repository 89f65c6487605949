//! Bookings of visits to a centre.

use recovery::appointment::State;
use recovery::time::{Duration, Timestamp};
use service::Failure;
use service::appointment::{Wish, by_email, by_sms, nearest};
use testkit::house::{House, NOW};

/// 10:40 in Aarhus today.
const TODAY: Timestamp = Timestamp(NOW.0 + 40 * 60_000);

fn wish(centre: &str, at: Timestamp, number: &str, form: &str) -> Wish {
    Wish {
        centre: centre.to_owned(),
        at,
        contact: by_sms(number).unwrap(),
        language: "da".to_owned(),
        form: form.to_owned(),
    }
}

fn code(failure: Failure) -> &'static str {
    let Failure::Refused(refused) = failure else { panic!("{failure:?}") };
    refused.code.code()
}

/// The code in the message that holds one.
fn code_in(messages: &[String]) -> String {
    let text = messages.iter().find_map(|text| text.split("Koden ").nth(1)).unwrap();
    text.split(' ').next().unwrap().to_owned()
}

async fn free(house: &House, centre: &str) -> Vec<String> {
    let times = house.service.free_times(centre, None).await.unwrap();
    let (_, first) = times.days.first().unwrap();
    first.iter().map(|at| format!("{:02}:{:02}", at.hour(), at.minute())).collect()
}

#[tokio::test]
async fn of_two_who_want_the_last_place_one_gets_it() {
    let house = House::new().await;
    let (one, two) =
        (wish("aarhus", TODAY, "12345678", "a"), wish("aarhus", TODAY, "87654321", "b"));

    let (first, second) = tokio::join!(house.service.book(&one), house.service.book(&two));

    let lost = [first, second].into_iter().filter_map(Result::err).map(code).collect::<Vec<_>>();
    assert_eq!(lost, ["slot-taken"]);
    assert!(!free(&house, "aarhus").await.contains(&"10:40".to_owned()));
}

#[tokio::test]
async fn free_times_are_on_the_centre_s_own_clock_and_end_before_the_doors_close() {
    let house = House::new().await;

    assert_eq!(free(&house, "aarhus").await, ["10:20", "10:40", "11:00", "11:20", "11:40"]);
    let nuuk = house.service.free_times("nuuk", None).await.unwrap();
    let at = nuuk.days.first().unwrap().1.first().unwrap().clone();
    assert_eq!((at.hour(), at.time_zone().iana_name()), (10, Some("America/Nuuk")));
    assert_eq!(at.timestamp().to_string(), "2026-11-23T12:00:00Z");
}

#[tokio::test]
async fn the_same_form_sent_twice_books_once() {
    let house = House::new().await;
    let wish = wish("aarhus", TODAY, "12345678", "a");

    let first = house.service.book(&wish).await.unwrap();
    let again = house.service.book(&wish).await.unwrap();

    assert_eq!(first.reference, again.reference);
    assert_eq!(house.messages().await.len(), 2, "a confirmation and a code, once");
}

#[tokio::test]
async fn a_time_that_the_centre_does_not_offer_cannot_be_booked() {
    let house = House::new().await;

    for at in
        [Timestamp(TODAY.0 + 60_000), NOW, NOW.plus(Duration::from_days(365)), Timestamp(i64::MAX)]
    {
        let refused = house.service.book(&wish("aarhus", at, "12345678", "a")).await.unwrap_err();
        assert_eq!(code(refused), "slot-not-bookable");
    }
}

#[tokio::test]
async fn a_booking_moves_to_another_centre_and_its_old_place_is_free() {
    let house = House::new().await;
    let booked = house.service.book(&wish("aarhus", TODAY, "12345678", "a")).await.unwrap();
    let code = code_in(&house.messages().await);
    let in_nuuk = Timestamp(NOW.0 + 3 * 3_600_000);

    let moved =
        house.service.move_booking(&booked.reference, &code, "nuuk", in_nuuk).await.unwrap();

    assert_eq!((moved.centre.name_in_addresses.as_str(), moved.at.hour()), ("nuuk", 10));
    assert!(free(&house, "aarhus").await.contains(&"10:40".to_owned()));
    assert!(!free(&house, "nuuk").await.contains(&"10:00".to_owned()));
    let told = house.messages().await;
    assert!(told.len() == 1 && told[0].contains("flyttet"), "{told:?}");
}

#[tokio::test]
async fn a_cancelled_booking_frees_its_place_and_cannot_be_moved() {
    let house = House::new().await;
    let booked = house.service.book(&wish("aarhus", TODAY, "12345678", "a")).await.unwrap();
    let secret = code_in(&house.messages().await);

    let gone = house.service.cancel_booking(&booked.reference, &secret).await.unwrap();

    assert_eq!(gone.state, State::Cancelled);
    assert!(free(&house, "aarhus").await.contains(&"10:40".to_owned()));
    let again = house.service.move_booking(&booked.reference, &secret, "aarhus", TODAY).await;
    assert!(again.is_err() || again.unwrap().state == State::Cancelled);
    let twice = house.service.cancel_booking(&booked.reference, &secret).await.unwrap_err();
    assert_eq!(code(twice), "no-such-booking");
}

#[tokio::test]
async fn an_unknown_reference_looks_like_a_wrong_code() {
    let house = House::new().await;
    let booked = house.service.book(&wish("aarhus", TODAY, "12345678", "a")).await.unwrap();

    let wrong = house.service.booking(&booked.reference, "AAAAAAAA").await.unwrap_err();
    let unknown = house.service.booking("AAAAAAAA", "AAAAAAAA").await.unwrap_err();

    assert_eq!(code(wrong), "no-such-booking");
    assert_eq!(code(unknown), "no-such-booking");
}

#[tokio::test]
async fn a_typed_reference_may_be_lower_case_with_spaces() {
    let house = House::new().await;
    let booked = house.service.book(&wish("aarhus", TODAY, "12345678", "a")).await.unwrap();
    let secret = code_in(&house.messages().await).to_lowercase();
    let (head, tail) = booked.reference.split_at(4);

    let found =
        house.service.booking(&format!(" {}-{tail}", head.to_lowercase()), &secret).await.unwrap();

    assert_eq!(found.reference, booked.reference);
}

#[tokio::test]
async fn one_contact_holds_two_bookings_at_most() {
    let house = House::new().await;
    let later = Timestamp(TODAY.0 + 20 * 60_000);
    let latest = Timestamp(TODAY.0 + 40 * 60_000);
    house.service.book(&wish("aarhus", TODAY, "12345678", "a")).await.unwrap();
    house.service.book(&wish("aarhus", later, "+45 12 34 56 78", "b")).await.unwrap();

    let third = house.service.book(&wish("aarhus", latest, "12345678", "c")).await.unwrap_err();

    assert_eq!(code(third), "too-many-bookings");
}

#[tokio::test]
async fn a_number_gets_six_text_messages_in_24_hours_and_no_move_goes_round_it() {
    let house = House::new().await;
    let at = |slot: i64| Timestamp(TODAY.0 + slot * 20 * 60_000);
    let booked = house.service.book(&wish("aarhus", at(0), "12345678", "a")).await.unwrap();
    let secret = code_in(&house.messages().await);
    let reference = &booked.reference;
    for slot in [1, 2, 3, 0] {
        house.service.move_booking(reference, &secret, "aarhus", at(slot)).await.unwrap();
    }

    let fifth = house.service.move_booking(reference, &secret, "aarhus", at(1)).await.unwrap_err();
    let by_mail = Wish {
        contact: by_email("anna@example.com").unwrap(),
        ..wish("aarhus", at(2), "12345678", "m")
    };
    let mailed = house.service.book(&by_mail).await;

    assert_eq!(code(fifth), "sms-cap-reached");
    assert!(mailed.is_ok(), "mail is not counted");
    assert_eq!(house.messages().await.len(), 4 + 2, "four moves by text, and two mails");
}

#[tokio::test]
async fn twenty_text_messages_a_day_go_to_one_country_abroad() {
    let house = House::new().await;
    let mut outcome = Vec::new();
    for n in 0..12_i64 {
        let number = format!("+8821612345{n:02}");
        let at = Timestamp(TODAY.0 + (n % 4) * 20 * 60_000 + (n / 4) * 86_400_000);
        outcome.push(match house.service.book(&wish("aarhus", at, &number, &number)).await {
            Ok(_) => "booked",
            Err(failure) => code(failure),
        });
    }

    let fourth_day = Timestamp(TODAY.0 + 3 * 86_400_000);
    let at_home = house.service.book(&wish("aarhus", fourth_day, "12345678", "home")).await;

    assert_eq!(outcome[..10], ["booked"; 10], "two messages each");
    assert_eq!(outcome[10..], ["sms-cap-reached"; 2]);
    assert!(at_home.is_ok(), "another range");
}

#[tokio::test]
async fn the_reminder_goes_out_once_and_who_did_not_come_is_missed() {
    let house = House::new().await;
    let tomorrow = TODAY.plus(Duration::from_days(2));
    let booked = house.service.book(&wish("aarhus", tomorrow, "12345678", "a")).await.unwrap();
    let secret = code_in(&house.messages().await);

    house.service.sweep_appointments(10).await.unwrap();
    assert_eq!(house.messages().await, [] as [String; 0], "too early");
    house.clock.advance_secs(25 * 3_600);
    house.service.sweep_appointments(10).await.unwrap();
    house.service.sweep_appointments(10).await.unwrap();
    let reminded = house.messages().await;
    house.clock.advance_secs(26 * 3_600);
    house.service.sweep_appointments(10).await.unwrap();

    assert!(reminded.len() == 1 && reminded[0].starts_with("Husk"), "{reminded:?}");
    let state = house.service.booking(&booked.reference, &secret).await.unwrap().state;
    assert_eq!(state, State::Missed);
    house.clock.advance_secs(31 * 86_400);
    house.service.sweep_appointments(10).await.unwrap();
    assert!(
        house.service.booking(&booked.reference, &secret).await.is_err(),
        "deleted after 30 days"
    );
}

#[tokio::test]
async fn a_centre_that_closed_down_keeps_its_bookings_and_takes_no_more() {
    let house = House::new().await;
    let booked = house.service.book(&wish("aarhus", TODAY, "12345678", "a")).await.unwrap();
    let secret = code_in(&house.messages().await);

    house.service.set_centres(&[]).await.unwrap();

    assert!(house.service.centres().await.unwrap().is_empty());
    assert_eq!(
        house.service.booking(&booked.reference, &secret).await.unwrap().state,
        State::Booked
    );
    let at = Timestamp(TODAY.0 + 20 * 60_000);
    let refused = house.service.book(&wish("aarhus", at, "12345678", "b")).await.unwrap_err();
    assert_eq!(code(refused), "slot-not-bookable");
}

#[tokio::test]
async fn the_nearest_centre_is_found_by_postcode_town_and_municipality() {
    let house = House::new().await;
    let all = house.service.centres().await.unwrap();
    let first = |query: &str| nearest(&all, query).first().map(|it| it.name_in_addresses.clone());

    for query in ["8000", "8210 Aarhus V", "århus", "AARHUS", "Aarhus Kommune", "3700"] {
        assert_eq!(first(query).as_deref(), Some("aarhus"), "{query}");
    }
    assert_eq!(
        first("3905").as_deref(),
        Some("nuuk"),
        "Greenland's postcodes lie among those of Zealand"
    );
    assert_eq!(first("Nuuk").as_deref(), Some("nuuk"));
    assert_eq!(first("Atlantis"), None);
    assert_eq!(first("  "), None);
}

#[tokio::test]
async fn the_calendar_entry_says_when_and_takes_no_text_of_the_asker() {
    let house = House::new().await;
    let service = &house.service;

    let file = service.calendar_file("aarhus", TODAY, ("ABCD2345", 1), "da").await.unwrap();
    let forged = service.calendar_file("aarhus", TODAY, ("A\r\nX:1", 0), "da").await;

    assert!(file.contains("DTSTART:20261123T094000Z\r\nDTEND:20261123T100000Z"), "{file}");
    assert!(file.contains("UID:ABCD2345@genvej.example"));
    assert!(forged.is_err());
}
