//! The face step from its first prompt to a grant, with a pool that is full, a worker that dies, and frames that are not
//! those that were looked at.

use async_trait::async_trait;
use face::{
    Comparison, ComparisonParts, FaceResult, Liveness, LivenessReason, Look, Missing, Reason,
    Scores, Stance,
};
use recovery::authenticator::Authenticator;
use recovery::case::{Case, CaseApp, ChipEvidence, ChipFaceCase, ChipFaceStage, Consent};
use recovery::id::CaseId;
use recovery::policy::{ColouredLight, Policy, Profile};
use recovery::sensitive::{KeyedHash, Sensitive};
use recovery::time::Duration;
use service::caller::App;
use service::chip_face::{
    CaptureProgress, CapturedFrame, FaceCapture, Hint, KeptFrame, Movement, Next, Progress, Prompt,
    Step, Way,
};
use service::parts::{CaptureToJudge, FaceMatcher, FrameToLookAt, MatcherError};
use service::{Failure, RefusalCode, Service};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use store::case::StoredCase;
use testkit::house::{Device, House, NOW, Rows, instance_of};
use zeroize::Zeroizing;

const CASE: CaseId = CaseId(77);
const TURNS: Way = Way { movement: Movement::TurnsHead, lit: false };
const PORTRAIT: &[u8] = b"\xFF\xD8\xFF a portrait";

/// Looks as it is told; judges in the order of its answers.
#[derive(Debug, Default)]
struct Faces {
    judgements: Mutex<VecDeque<Result<Comparison, MatcherError>>>,
    looks: Mutex<VecDeque<Result<Look, MatcherError>>>,
    judged: Mutex<Vec<Judged>>,
}

/// Portrait, steps and number of frames.
type Judged = (Vec<u8>, Vec<Step>, usize);

#[async_trait]
impl FaceMatcher for Faces {
    async fn look(&self, _: FrameToLookAt) -> Result<Look, MatcherError> {
        self.looks.lock().unwrap().pop_front().unwrap_or_else(|| Ok(good()))
    }

    async fn judge(
        &self,
        portrait: Zeroizing<Vec<u8>>,
        capture: CaptureToJudge,
    ) -> Result<Comparison, MatcherError> {
        let frames = capture.frames.len();
        self.judged.lock().unwrap().push((portrait.to_vec(), capture.steps, frames));
        self.judgements.lock().unwrap().pop_front().unwrap()
    }

    fn missing(&self) -> &[Missing] {
        &[Missing::PassivePad]
    }
}

fn good() -> Look {
    Look { stance: Some(Stance { turn: 0.0, nearness: 0.1 }), hint: None }
}

fn comparison(result: FaceResult, liveness: Liveness) -> Result<Comparison, MatcherError> {
    let scores = Scores { fused: None, embeddings: Vec::new(), pad: None };
    Ok(Comparison::assume_verified(ComparisonParts {
        result,
        liveness,
        scores,
        models: Vec::new(),
        missing: Vec::new(),
        covered: Vec::new(),
        light: None,
    }))
}

/// A person whose chip was accepted, with the app that signs.
struct AtFace {
    house: House,
    service: Service,
    faces: Arc<Faces>,
    app: App,
    phone: Device,
}

impl AtFace {
    async fn new() -> Self {
        Self::within(House::new().await).await
    }

    async fn within(house: House) -> Self {
        let faces = Arc::new(Faces::default());
        let service = house.served_with(|parts| parts.faces = faces.clone());
        let person = house.enrolled(1, Duration::from_days(30)).await;
        let (instance, phone) = (instance_of(person), Device::new(5));
        let bound = Authenticator::bound(instance, person, phone.key().to_vec(), NOW);
        let chip = ChipEvidence {
            issuing_state: "DNK".to_owned(),
            number: Sensitive::new("L01X00T47".to_owned()),
            document: KeyedHash([3; 32]),
            expires_on: chip::date::Date::new(2034, 1, 1).unwrap(),
            presence: chip::verdict::Presence::NotOffered,
            portrait: Sha256::digest(PORTRAIT).into(),
            p_code: None,
            verified_at: NOW,
        };
        let consent = Consent { text_version: 1, at: NOW };
        let stage = ChipFaceCase {
            app: CaseApp { person, instance },
            stage: ChipFaceStage::AwaitingFace { consent, chip, tries: 0 },
        }
        .into();
        let rows = Rows::of(&service);
        rows.save(&bound).await;
        rows.save(&StoredCase::begin(Case { id: CASE, opened_at: NOW, stage })).await;
        let app = phone.app(&service, instance, "key").await;
        Self { house, service, faces, app, phone }
    }

    fn frame(&self, nonce: &str, number: u32, prompt: u8) -> CapturedFrame {
        let jpeg = Zeroizing::new([&[0xFF, 0xD8][..], &number.to_be_bytes()].concat());
        let at_ms = number * 1_000;
        self.signed(nonce, CapturedFrame { jpeg, at_ms, prompt, signature: [0; 64] })
    }

    fn signed(&self, nonce: &str, frame: CapturedFrame) -> CapturedFrame {
        let message = [
            b"genvej-frame-1\0".as_slice(),
            nonce.as_bytes(),
            &[0, frame.prompt],
            &frame.at_ms.to_be_bytes(),
            &Sha256::digest(&*frame.jpeg),
        ]
        .concat();
        CapturedFrame { signature: self.phone.sign(&message), ..frame }
    }

    async fn look(&self, nonce: &str, frame: &CapturedFrame) -> Result<CaptureProgress, Failure> {
        self.house.clock.advance_ms(1_000);
        self.service.look_at_frame(&self.app, CASE, nonce, frame).await
    }

    /// A whole capture that follows every prompt.
    async fn captured(&self) -> FaceCapture {
        let mut now = self.service.begin_capture(&self.app, CASE, TURNS).await.unwrap();
        let mut frames = Vec::new();
        for number in 0..9 {
            let asked = u8::try_from(now.steps.len() - 1).unwrap();
            let frame = self.frame(&now.nonce, number, asked);
            now = self.look(&now.nonce, &frame).await.unwrap();
            assert!(now.counted);
            frames.push(frame);
        }
        let times: Vec<u32> = frames.iter().map(|frame| frame.at_ms).collect();
        assert_eq!(now.wanted, Some(times));
        FaceCapture { capture_nonce: now.nonce, dg2: dg2(), frames: kept(&frames) }
    }

    async fn submit(&self, capture: &FaceCapture) -> Result<Progress, Failure> {
        self.service.submit_face(&self.app, CASE, capture).await
    }

    fn will_judge(&self, judgement: Result<Comparison, MatcherError>) {
        self.faces.judgements.lock().unwrap().push_back(judgement);
    }
}

/// The frames as they come with the comparison.
fn kept(frames: &[CapturedFrame]) -> Vec<KeptFrame> {
    let of = |frame: &CapturedFrame| KeptFrame {
        jpeg: frame.jpeg.clone(),
        at_ms: frame.at_ms,
        prompt: frame.prompt,
    };
    frames.iter().map(of).collect()
}

/// EF.DG2 with one portrait (Doc 9303-10 section 4.7.2, ISO/IEC 19794-5).
fn dg2() -> Zeroizing<Vec<u8>> {
    let block = u32::try_from(32 + PORTRAIT.len()).unwrap();
    let record = [
        b"FAC\x00010\x00".as_slice(),
        &(14 + block).to_be_bytes(),
        &1_u16.to_be_bytes(),
        &block.to_be_bytes(),
        &[0; 16],
        &[1, 0, 0, 40, 0, 50, 1, 2, 0, 0, 0, 0],
        PORTRAIT,
    ]
    .concat();
    let object = |tag: &[u8], content: &[u8]| {
        [tag, &[u8::try_from(content.len()).unwrap()], content].concat()
    };
    let header = object(&[0xA1], &[0x87, 2, 1, 1, 0x88, 2, 0, 8]);
    let template = object(&[0x7F, 0x60], &[header, object(&[0x5F, 0x2E], &record)].concat());
    let group = object(&[0x7F, 0x61], &[&[2, 1, 1][..], &template].concat());
    Zeroizing::new(object(&[0x75], &group))
}

fn code(failure: Failure) -> &'static str {
    match failure {
        Failure::Refused(refused) => refused.code.code(),
        Failure::Rival
        | Failure::ClockNotTrusted { .. }
        | Failure::Unavailable { .. }
        | Failure::Fault { .. } => "not refused",
    }
}

#[tokio::test]
async fn a_capture_that_follows_every_prompt_leads_to_a_grant() {
    let step = AtFace::new().await;
    let capture = step.captured().await;
    step.will_judge(comparison(FaceResult::Match, Liveness::Passed));

    let progress = step.submit(&capture).await.unwrap();

    assert!(matches!(progress.step, Next::NewPin(_)), "{progress:?}");
    let judged = step.faces.judged.lock().unwrap();
    assert_eq!((judged[0].0.as_slice(), judged[0].1.len(), judged[0].2), (PORTRAIT, 4, 9));
}

#[tokio::test]
async fn a_full_pool_and_a_dead_worker_cost_no_try_and_the_same_frames_are_taken_again() {
    let step = AtFace::new().await;
    let capture = step.captured().await;
    step.will_judge(Err(MatcherError::Full { retry_after_secs: 2 }));
    step.will_judge(Err(MatcherError::Failed));
    step.will_judge(comparison(FaceResult::Match, Liveness::Passed));

    let full = step.submit(&capture).await.unwrap_err();
    let failed = step.submit(&capture).await.unwrap_err();
    let done = step.submit(&capture).await.unwrap();

    let Failure::Refused(full) = full else { panic!("{full:?}") };
    assert_eq!((full.code.code(), full.retry_after_secs), ("face-pool-full", Some(2)));
    assert!(matches!(failed, Failure::Unavailable { .. }), "{failed:?}");
    assert!(matches!(done.step, Next::NewPin(_)), "{done:?}");
}

#[tokio::test]
async fn a_try_that_fails_says_why_and_its_frames_serve_no_other() {
    let step = AtFace::new().await;
    let capture = step.captured().await;
    let reasons = vec![LivenessReason::PromptNotMet, LivenessReason::FlatPicture];
    step.will_judge(comparison(FaceResult::TryAgain(Reason::NotLive), Liveness::Failed(reasons)));

    let progress = step.submit(&capture).await.unwrap();
    let again = step.submit(&capture).await.unwrap_err();

    let Next::Face { tries_left, last_reason, coming_nearer, coloured_light } = progress.step
    else {
        panic!("{progress:?}")
    };
    assert_eq!((tries_left, last_reason), (2, Some(LivenessReason::FlatPicture.into())));
    assert!(!coming_nearer, "no passive check is loaded");
    assert!(coloured_light, "the policy offers it");
    assert_eq!(code(again), "capture-over");
}

#[tokio::test]
async fn another_person_hears_no_match() {
    let step = AtFace::new().await;
    let capture = step.captured().await;
    step.will_judge(comparison(FaceResult::NoMatch, Liveness::Passed));

    let progress = step.submit(&capture).await.unwrap();

    let Next::Face { last_reason, .. } = progress.step else { panic!("{progress:?}") };
    assert_eq!(last_reason, Some(RefusalCode::NoMatch));
}

#[tokio::test]
async fn frames_of_another_capture_changed_or_never_looked_at_are_refused() {
    let step = AtFace::new().await;
    let capture = step.captured().await;
    let refused = async |change: &dyn Fn(&mut FaceCapture)| {
        let mut capture = capture.clone();
        change(&mut capture);
        code(step.submit(&capture).await.unwrap_err())
    };

    let unseen = kept(&[step.frame(&capture.capture_nonce, 4, 2)]).remove(0);
    assert_eq!(refused(&|it| it.capture_nonce = "0".repeat(32)).await, "capture-over");
    assert_eq!(refused(&|it| it.frames[2].jpeg[3] ^= 1).await, "capture-not-valid");
    assert_eq!(refused(&|it| it.frames[3] = unseen.clone()).await, "capture-not-valid");
    assert_eq!(refused(&|it| it.frames.swap(0, 1)).await, "capture-not-valid");
    assert_eq!(refused(&|it| drop(it.frames.pop())).await, "capture-not-valid");
    assert!(step.faces.judged.lock().unwrap().is_empty(), "none was compared");
}

#[tokio::test]
async fn a_frame_that_is_not_signed_for_this_capture_is_not_looked_at() {
    let step = AtFace::new().await;
    let begun = step.service.begin_capture(&step.app, CASE, TURNS).await.unwrap();
    let mut forged = step.frame(&begun.nonce, 0, 0);
    forged.signature[9] ^= 1;
    let early = step.frame(&begun.nonce, 0, 1);

    assert_eq!(code(step.look(&begun.nonce, &forged).await.unwrap_err()), "capture-not-valid");
    assert_eq!(code(step.look(&begun.nonce, &early).await.unwrap_err()), "capture-not-valid");
}

#[tokio::test]
async fn a_picture_is_looked_at_once_and_a_case_has_so_many_looks() {
    let step = AtFace::new().await;
    let begun = step.service.begin_capture(&step.app, CASE, TURNS).await.unwrap();
    step.look(&begun.nonce, &step.frame(&begun.nonce, 0, 0)).await.unwrap();
    let mut again = step.frame(&begun.nonce, 1, 0);
    again.jpeg = step.frame(&begun.nonce, 0, 0).jpeg;
    let again = step.signed(&begun.nonce, again);

    assert_eq!(code(step.look(&begun.nonce, &again).await.unwrap_err()), "capture-not-valid");
    let nobody = Look { stance: None, hint: Some(Reason::NoFace) };
    let mut used = 1;
    let refused = 'case: {
        for _ in 0..9 {
            let begun = match step.service.begin_capture(&step.app, CASE, TURNS).await {
                Ok(begun) => begun,
                Err(error) => break 'case error,
            };
            for number in 0..100 {
                step.faces.looks.lock().unwrap().push_back(Ok(nobody));
                match step.look(&begun.nonce, &step.frame(&begun.nonce, number, 0)).await {
                    Ok(_) => used += 1,
                    Err(error) => break 'case error,
                }
            }
        }
        panic!("no end after {used} looks")
    };
    assert_eq!((code(refused), used), ("too-many-looks", 450));
    let begin = step.service.begin_capture(&step.app, CASE, TURNS).await;
    assert_eq!(code(begin.unwrap_err()), "too-many-looks");
}

#[tokio::test]
async fn a_hint_is_told_and_the_next_prompt_is_not() {
    let step = AtFace::new().await;
    let begun = step.service.begin_capture(&step.app, CASE, TURNS).await.unwrap();
    let dark = Look { stance: None, hint: Some(Reason::TooDark) };
    step.faces.looks.lock().unwrap().push_back(Ok(dark));

    let told = step.look(&begun.nonce, &step.frame(&begun.nonce, 0, 0)).await.unwrap();

    assert_eq!(begun.steps, [face::Step::from(Prompt::LookStraight)]);
    assert_eq!((told.hint, told.counted), (Some(Hint::Face(Reason::TooDark)), false));
    assert_eq!(told.steps, [face::Step::from(Prompt::LookStraight)]);
}

/// Each prompt has a light of its own, heard with it and not before; whoever declines has none, and so has everybody where the
/// policy offers none.
#[tokio::test]
async fn the_light_is_drawn_with_the_prompt_and_declined_at_no_cost() {
    let step = AtFace::new().await;
    let lit = Way { lit: true, ..TURNS };
    let begun = step.service.begin_capture(&step.app, CASE, lit).await.unwrap();
    let mut lights = vec![begun.steps[0].light];
    for number in 0..3 {
        let told = step.look(&begun.nonce, &step.frame(&begun.nonce, number, 0)).await.unwrap();
        lights = told.steps.iter().map(|step| step.light).collect();
    }
    let declined = step.service.begin_capture(&step.app, CASE, TURNS).await.unwrap();

    assert_eq!(lights.len(), 2, "the next prompt has come");
    assert!(lights.iter().all(Option::is_some) && lights[0] != lights[1], "{lights:?}");
    assert_eq!(declined.steps[0].light, None);
    let mut policy = Policy::of(Profile::PublicService);
    policy.chip_face.coloured_light = ColouredLight::Off;
    let step = AtFace::within(House::ruled_by(policy).await).await;
    let begun = step.service.begin_capture(&step.app, CASE, lit).await.unwrap();
    assert_eq!(begun.steps[0].light, None, "the policy offers none");
}

#[tokio::test]
async fn a_capture_begun_anew_has_another_nonce_and_after_ten_there_is_no_more() {
    let step = AtFace::new().await;
    let begin = || step.service.begin_capture(&step.app, CASE, TURNS);
    let mut nonces = std::collections::BTreeSet::new();
    for _ in 0..10 {
        nonces.insert(begin().await.unwrap().nonce);
    }

    assert_eq!(nonces.len(), 10);
    assert_eq!(code(begin().await.unwrap_err()), "too-many-captures");
}

#[tokio::test]
async fn coming_nearer_alone_is_refused_where_no_passive_check_looks() {
    let step = AtFace::new().await;

    let begun = step
        .service
        .begin_capture(&step.app, CASE, Way { movement: Movement::ComesNearer, lit: false })
        .await;

    assert_eq!(code(begun.unwrap_err()), "movement-not-offered");
}
