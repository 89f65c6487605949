//! Activation codes against strangers who guess, over real HTTP on loopback (PROTOCOLS.md section 1).
#![expect(clippy::disallowed_methods, reason = "how long an answer takes is what is tested")]

#[expect(dead_code, reason = "this target uses a part of it")]
mod apps;

use apps::{House, Offer, with_house};
use std::time::{Duration, Instant};

fn code(house: &House, offer: &Offer) -> String {
    house.activate(offer).err().map_or_else(String::new, |answer| answer.code().to_owned())
}

/// CHECKLIST attack 9: three anonymous guesses with the same first half once deleted an offer.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_knows_an_offer_wipes_it_by_no_number_of_guesses() {
    with_house(|house| {
        let offer = house.enrol("p1");
        let stranger = house.new_phone();
        for _ in 0..5 {
            assert_eq!(stranger.redeem(&offer.mistyped()).code(), "activation-code-invalid");
        }

        assert_eq!(
            stranger.redeem(&offer).code(),
            "activation-code-invalid",
            "three tries a client, then an hour"
        );
        let owner = house.new_phone();
        assert_eq!(owner.redeem(&offer.mistyped()).code(), "activation-code-invalid");
        assert_eq!(owner.redeem(&offer).status, 200, "the owner's client has tries of its own");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_guesses_of_many_clients_pause_an_offer_for_an_hour_and_never_end_it() {
    with_house(|house| {
        let offer = house.enrol("p1");
        std::thread::scope(|scope| {
            for _ in 0..24 {
                scope.spawn(|| code(house, &offer.mistyped()));
            }
        });

        assert_eq!(code(house, &offer), "activation-code-invalid", "paused for everybody");
        house.clock.advance_ms(3_600_000);
        assert!(house.activate(&offer).is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn number_and_code_may_be_typed_with_spaces_hyphens_and_small_letters() {
    with_house(|house| {
        let offer = house.enrol("p1");
        let spaced = |text: &str, at: usize| {
            let (head, tail) = text.split_at(at);
            format!(" {}-{} ", head.to_lowercase(), tail.to_lowercase())
        };
        let typed = Offer { id: spaced(&offer.id, 5), code: spaced(&offer.code, 4) };

        assert!(house.activate(&typed).is_ok());
    })
    .await;
}

/// The number of an offer is not secret, but the time of a refusal must not reveal which numbers exist.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_offers_wrong_codes_and_paused_offers_are_refused_after_the_same_time() {
    with_house(|house| {
        let offer = house.enrol("p1");
        let unknown = Offer { id: "ABCDEFGHJK".to_owned(), code: offer.code.clone() };
        let none = Offer { id: "not a number".to_owned(), code: offer.code.clone() };
        let median = |offer: &Offer| {
            let mut times: Vec<Duration> = (0..5)
                .map(|_| {
                    let phone = house.new_phone();
                    let begun = Instant::now();
                    assert_eq!(phone.redeem(offer).code(), "activation-code-invalid");
                    begun.elapsed()
                })
                .collect();
            times.sort_unstable();
            times[2]
        };

        let (wrong, unknown, none) = (median(&offer.mistyped()), median(&unknown), median(&none));

        for other in [unknown, none] {
            assert!(wrong.abs_diff(other) < Duration::from_millis(60), "{wrong:?} {other:?}");
        }
        assert!(wrong >= Duration::from_millis(300), "{wrong:?}");
    })
    .await;
}

/// A wrong guess does not spend the nonce, so that it writes no row; only the activation spends it.
#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_is_spent_by_the_activation_and_not_by_a_guess() {
    with_house(|house| {
        let offer = house.enrol("p1");
        let phone = house.new_phone();
        let body = |offer: &Offer| {
            serde_json::json!({
                "offer_id": offer.id, "activation_code": offer.code,
                "device_public_key": apps::bytes(&phone.key.public_key().to_bytes()),
                "device_name": "A phone", "language": "en"
            })
            .to_string()
            .into_bytes()
        };
        let url = format!("{}/v1/app/activations", house.url);
        let nonce = phone.nonce();
        let send = |offer: &Offer| {
            let body = body(offer);
            let headers =
                phone.headers("POST", "/v1/app/activations", &body, &apps::fresh_key(), &nonce);
            apps::send("POST", &url, &headers, &body)
        };

        assert_eq!(send(&offer.mistyped()).code(), "activation-code-invalid");
        assert_eq!(send(&offer).status, 200, "the same nonce, for it is not spent");
        assert_eq!(send(&offer).code(), "nonce-not-accepted", "and now it is");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_turns_writing_around_is_refused() {
    with_house(|house| {
        let offer = house.enrol("p1");
        let phone = house.new_phone();
        for name in ["\u{202e}enohp s'annA", "Anna\u{200f}", "a\u{2066}b", "a\nb", ""] {
            let body = serde_json::json!({
                "offer_id": offer.id, "activation_code": offer.code,
                "device_public_key": apps::bytes(&phone.key.public_key().to_bytes()),
                "device_name": name, "language": "en"
            });
            let answer = phone.call("POST", "/v1/app/activations", &body);
            assert_eq!((answer.status, answer.code()), (400, "device-name-invalid"), "{name:?}");
            let asked = serde_json::json!({ "person": "p1", "service_name": name });
            let asked = house.operator("POST", "/v1/sign-ins", &asked);
            assert_eq!(asked.code(), "service-name-invalid", "{name:?}");
        }
        assert!(house.activate_on(phone, &offer).is_ok());
    })
    .await;
}
