//! Faces that are not accepted, over real HTTP with a matcher whose result the test sets: the codes, and whether each
//! costs a try.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[expect(dead_code, reason = "this target uses a part of it")]
mod apps;

use apps::document::{AtChip, SESSION, reading, trusted};
use apps::{Answer, House, bytes, house_with};
use async_trait::async_trait;
use face::{
    Comparison, ComparisonParts, FaceResult, Liveness, Look, Missing, Reason, Score, Scores,
};
use serde_json::{Value, json};
use service::parts::{CaptureToJudge, FaceMatcher, FrameToLookAt, MatcherError};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

/// A matcher whose result the test sets.
#[derive(Debug)]
struct Told {
    look: Mutex<Look>,
}

impl Told {
    fn good() -> Arc<Self> {
        let stance = Some(face::Stance { turn: 0.0, nearness: 0.2 });
        Arc::new(Self { look: Mutex::new(Look { stance, hint: None }) })
    }

    fn sees(&self, hint: Reason) {
        *self.look.lock().unwrap() = Look { stance: None, hint: Some(hint) };
    }
}

#[async_trait]
impl FaceMatcher for Told {
    async fn look(&self, _: FrameToLookAt) -> Result<Look, MatcherError> {
        Ok(*self.look.lock().unwrap())
    }

    async fn judge(
        &self,
        _: Zeroizing<Vec<u8>>,
        _: CaptureToJudge,
    ) -> Result<Comparison, MatcherError> {
        Ok(Comparison::assume_verified(ComparisonParts {
            result: FaceResult::NoMatch,
            liveness: Liveness::Passed,
            scores: Scores {
                embeddings: Vec::new(),
                fused: Some(Score::from_decimal(0.1)),
                pad: None,
            },
            models: Vec::new(),
            missing: Vec::new(),
            covered: Vec::new(),
            light: None,
        }))
    }

    fn missing(&self) -> &[Missing] {
        &[]
    }
}

/// An app whose document was accepted and whose case waits for the face.
struct AtFace {
    at: AtChip,
    dg2: Value,
}

impl AtFace {
    fn of(house: &House) -> Self {
        let at = AtChip::of(house);
        let reading = reading(&SESSION, at.challenge(&SESSION));
        let step = at.send(&reading);
        assert_eq!(step.body["step"]["step"], "face", "{:?}", step.body);
        Self { at, dg2: reading["files"]["dg2"].clone() }
    }

    fn begin(&self) -> Answer {
        let path = format!("{}/face/captures", self.at.path);
        self.at.phone.call("POST", &path, &json!({ "movement": "turns-head" }))
    }

    fn frame(&self, nonce: &str, at_ms: u32, prompt: u8) -> Value {
        let jpeg = at_ms.to_be_bytes();
        let message = [
            b"genvej-frame-1\0".as_slice(),
            nonce.as_bytes(),
            &[0, prompt],
            &at_ms.to_be_bytes(),
            &Sha256::digest(jpeg),
        ]
        .concat();
        json!({
            "jpeg": bytes(&jpeg),
            "at_ms": at_ms,
            "prompt": prompt,
            "signature": bytes(&self.at.phone.key.sign(&message)),
        })
    }

    fn look(&self, nonce: &str, frame: &Value) -> Answer {
        let path = format!("{}/face/frames", self.at.path);
        self.at.phone.call("POST", &path, &json!({ "capture_nonce": nonce, "frame": frame }))
    }

    /// Makes a complete capture that follows every prompt, and submits it for comparison.
    fn whole(&self, house: &House) -> Answer {
        let begun = self.begin();
        let nonce = begun.text("capture_nonce");
        let (mut view, mut sent) = (begun, Vec::new());
        for number in 0..60_u32 {
            if view.body["wanted"].is_array() {
                break;
            }
            let asked = view.body["prompts"].as_array().unwrap().len() - 1;
            let frame = self.frame(&nonce, number * 1_000, u8::try_from(asked).unwrap());
            house.clock.advance_ms(1_000);
            view = self.look(&nonce, &frame);
            sent.push(frame);
        }
        let wanted = view.body["wanted"].as_array().unwrap();
        let frames: Vec<&Value> =
            sent.iter().filter(|frame| wanted.contains(&frame["at_ms"])).collect();
        let body = json!({ "capture_nonce": nonce, "dg2": self.dg2, "frames": frames });
        self.at.phone.call("POST", &format!("{}/face", self.at.path), &body)
    }

    fn tries_left(&self) -> Value {
        self.at.phone.call("GET", "/v1/app/state", &Value::Null).body["recovery"]["step"]["tries_left"]
            .clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_camera_sees_is_said_and_costs_no_try() {
    let told = Told::good();
    house_with(trusted(), told.clone(), move |house| {
        let at = AtFace::of(house);
        let nonce = at.begin().text("capture_nonce");
        let cases = [
            (Reason::NoFace, "face-none"),
            (Reason::SeveralFaces, "face-several"),
            (Reason::Unreadable, "face-unreadable"),
            (Reason::TooDark, "face-too-dark"),
        ];
        for (number, (reason, code)) in (1_u32..).zip(cases) {
            told.sees(reason);
            house.clock.advance_ms(1_000);

            let seen = at.look(&nonce, &at.frame(&nonce, number * 1_000, 0));

            assert_eq!((seen.status, &seen.body["hint"]), (200, &json!(code)), "{:?}", seen.body);
            assert_eq!(seen.body["counted"], false);
        }
        assert_eq!(at.tries_left(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_s_face_costs_a_try_and_the_third_ends_the_case() {
    house_with(trusted(), Told::good(), |house| {
        let at = AtFace::of(house);

        for left in (1..=2).rev() {
            let step = at.whole(house).body["step"].clone();
            assert_eq!((&step["step"], &step["tries_left"]), (&json!("face"), &json!(left)));
            assert_eq!(step["last_reason"], "no-match");
        }
        let end = at.whole(house).body["step"].clone();

        assert_eq!((&end["step"], &end["code"]), (&json!("refused"), &json!("face-tries-used")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_the_device_did_not_sign_is_not_looked_at() {
    house_with(trusted(), Told::good(), |house| {
        let at = AtFace::of(house);
        let nonce = at.begin().text("capture_nonce");
        house.clock.advance_ms(1_000);
        let mut frame = at.frame(&nonce, 1_000, 0);
        frame["jpeg"] = bytes(b"another picture");

        let refused = at.look(&nonce, &frame);

        assert_eq!((refused.status, refused.code()), (400, "capture-not-valid"));
        assert_eq!(at.tries_left(), 3);
    })
    .await;
}
