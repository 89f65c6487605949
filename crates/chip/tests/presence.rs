//! PROTOCOLS section 7, each sentence a test: what a chip can do is taken from the signed SOD, and
//! what it can do it must prove.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use chip::certificate::Certificate;
use chip::csca::Store;
use chip::date::{Date, UnixTime};
use chip::lds::file::FileId;
use chip::password::Password;
use chip::reader::{Plan, Reader, Reading, Step};
use chip::verdict::{
    ChipPolicy, Deviation, Evidence, Examination, OpenedBy, Presence, PresenceError, PresenceProof,
    Proof, VerifyError, examine,
};
use chip_sim::{
    Access, ActiveAuthentication, Algorithm, Card, ChipAuthentication, Cipher, Curve, CurveForm,
    Digest, Document, DocumentSpec, File, Group, Issuer, IssuerDeviations, KeyKind, KeyPair,
    Mapping, PROFILE_VALIDITY, PaceOffer, Random, Scheme, Seeded, sign, utopian_passport,
};

const KEY: KeyKind = KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Explicit };
const CHALLENGE: [u8; 8] = [0x5A; 8];

fn now() -> UnixTime {
    Date::new(2026, 11, 22).unwrap().start()
}

struct Scene {
    document: Document,
    trust: Store,
    active_key: KeyPair,
}

impl Scene {
    fn of(change: impl FnOnce(&mut DocumentSpec, &KeyPair)) -> Self {
        let mut seed = Seeded::new([1; 32]);
        let algorithm = Algorithm { key: KEY, scheme: Scheme::Ecdsa(Digest::Sha256) };
        let issuer = Issuer::generate("UT", algorithm, PROFILE_VALIDITY, &mut seed);
        let active_key = KeyPair::generate(KEY, &mut seed);
        let mut spec = utopian_passport();
        change(&mut spec, &active_key);
        let document = issuer.issue(&spec, &mut seed).unwrap();
        let mut trust = Store::new();
        for der in issuer.csca_certificates() {
            trust.add(Certificate::from_der(&der).unwrap());
        }
        Self { document, trust, active_key }
    }

    fn with_active_authentication() -> Self {
        Self::of(|spec, key| {
            spec.active_authentication =
                Some(ActiveAuthentication::Key(key.clone(), Digest::Sha256));
        })
    }

    fn with_both() -> Self {
        Self::of(|spec, key| {
            spec.active_authentication =
                Some(ActiveAuthentication::Key(key.clone(), Digest::Sha256));
            let group = Group::Curve(Curve::BrainpoolP256r1);
            spec.chip_authentication = vec![ChipAuthentication::new(group, Cipher::Aes128)];
        })
    }

    /// What the chip would answer to a challenge.
    fn answer(&self, challenge: [u8; 8]) -> Vec<u8> {
        let scheme = Scheme::EcdsaPlain(Digest::Sha256);
        sign(&self.active_key, scheme, &challenge, &mut Seeded::new([2; 32]))
    }

    fn examine(&self, without: &[u8], proofs: &[Proof<'_>]) -> Examination {
        self.examine_at(without, proofs, now())
    }

    fn examine_at(&self, without: &[u8], proofs: &[Proof<'_>], at: UnixTime) -> Examination {
        let groups: Vec<(u8, &[u8])> = (1..=16)
            .filter(|number| !without.contains(number))
            .filter_map(|number| Some((number, self.document.file(File::DataGroup(number))?)))
            .collect();
        let evidence = Evidence {
            sod: self.document.file(File::Sod).unwrap(),
            data_groups: &groups,
            com: self.document.file(File::Com),
            card_access: None,
            card_security: self.document.file(File::CardSecurity),
            opened_by: OpenedBy::Bac,
            opened_with: None,
            proofs,
        };
        examine(&evidence, &self.trust, &ChipPolicy::default(), at)
    }
}

fn presence(examination: Examination) -> Result<Presence, VerifyError> {
    examination.result.map(|chip| chip.presence())
}

#[test]
fn a_chip_whose_sod_lists_no_key_has_nothing_to_prove() {
    let scene = Scene::of(|_, _| {});

    assert_eq!(presence(scene.examine(&[], &[])), Ok(Presence::NotOffered));
}

#[test]
fn a_key_that_the_sod_lists_must_be_delivered() {
    let scene = Scene::with_both();
    let answer = scene.answer(CHALLENGE);
    let active = [Proof::ActiveAuthentication { challenge: CHALLENGE, answer: &answer }];

    let without_dg14 = presence(scene.examine(&[14], &active)).unwrap_err();
    assert_eq!(without_dg14, VerifyError::Presence(PresenceError::NotDelivered(14)));
    assert_eq!(without_dg14.code(), "key-not-delivered");

    let scene = Scene::with_active_authentication();
    let without_dg15 = presence(scene.examine(&[15], &[])).unwrap_err();
    assert_eq!(without_dg15, VerifyError::Presence(PresenceError::NotDelivered(15)));
}

#[test]
fn a_key_that_is_delivered_must_be_proven() {
    for scene in [Scene::with_active_authentication(), Scene::with_both()] {
        let unproven = presence(scene.examine(&[], &[])).unwrap_err();

        assert_eq!(unproven, VerifyError::Presence(PresenceError::NotProven));
    }
}

#[test]
fn an_answer_to_the_servers_challenge_proves_presence_and_to_another_does_not() {
    let scene = Scene::with_active_authentication();
    let answer = scene.answer(CHALLENGE);
    let proof = |challenge| [Proof::ActiveAuthentication { challenge, answer: &answer }];

    let proven = presence(scene.examine(&[], &proof(CHALLENGE)));
    assert_eq!(proven, Ok(Presence::Proven(PresenceProof::ActiveAuthentication)));

    let replayed = presence(scene.examine(&[], &proof([0x5B; 8]))).unwrap_err();
    assert!(matches!(replayed, VerifyError::Presence(PresenceError::Active(_))), "{replayed:?}");
    assert_eq!(replayed.code(), "presence-proof-invalid");
}

#[test]
fn a_proof_that_does_not_hold_is_a_failure_beside_one_that_does() {
    let scene = Scene::with_active_authentication();
    let good = scene.answer(CHALLENGE);
    let proofs = [
        Proof::ActiveAuthentication { challenge: CHALLENGE, answer: &good },
        Proof::ActiveAuthentication { challenge: [1; 8], answer: &good },
    ];

    assert!(presence(scene.examine(&[], &proofs)).is_err());
}

#[test]
fn a_key_that_the_sod_does_not_cover_proves_nothing() {
    let scene = Scene::of(|spec, key| {
        spec.active_authentication = Some(ActiveAuthentication::Key(key.clone(), Digest::Sha256));
        spec.deviations =
            IssuerDeviations { unlisted_data_groups: vec![15], ..IssuerDeviations::default() };
    });
    let answer = scene.answer(CHALLENGE);
    let proof = [Proof::ActiveAuthentication { challenge: CHALLENGE, answer: &answer }];

    let examination = scene.examine(&[], &proof);

    assert!(examination.report.deviations.contains(&Deviation::Dg15NotCovered));
    let failure = presence(examination).unwrap_err();
    assert_eq!(failure, VerifyError::Presence(PresenceError::KeyNotCovered));
}

#[test]
fn a_document_is_good_on_its_last_day_and_expired_on_the_next() {
    let scene = Scene::of(|spec, _| spec.expiry = chip_sim::Date::new(2027, 3, 31));
    let day = |day: i64| Date::new(2027, 3, 31).unwrap().start().as_secs() + day * 86_400;

    let last = scene.examine_at(&[], &[], UnixTime::from_secs(day(1) - 1));
    assert!(last.result.is_ok(), "{:?}", last.result);
    let next = scene.examine_at(&[], &[], UnixTime::from_secs(day(1)));
    assert_eq!(next.result.err(), Some(VerifyError::Expired));
}

#[test]
fn policy_refuses_lesser_deviations_by_name_alone() {
    let scene = Scene::of(|_, _| {});
    let strict = ChipPolicy {
        refuse: [Deviation::NoRevocationList].into(),
        accept: [Deviation::WrongCurveDeclared].into(),
        ..ChipPolicy::default()
    };
    assert!(strict.refuses(Deviation::NoRevocationList));
    assert!(!strict.refuses(Deviation::WrongCurveDeclared));
    assert!(ChipPolicy::default().refuses(Deviation::WrongCurveDeclared));
    assert!(!ChipPolicy::default().refuses(Deviation::NoRevocationList));

    let groups: Vec<(u8, &[u8])> =
        [1, 2].map(|n| (n, scene.document.file(File::DataGroup(n)).unwrap())).to_vec();
    let evidence = Evidence {
        sod: scene.document.file(File::Sod).unwrap(),
        data_groups: &groups,
        com: None,
        card_access: None,
        card_security: None,
        opened_by: OpenedBy::Bac,
        opened_with: None,
        proofs: &[],
    };
    let refused = examine(&evidence, &scene.trust, &strict, now()).result;
    assert_eq!(refused.err(), Some(VerifyError::Refused(Deviation::NoRevocationList)));
}

/// A passport with chip authentication mapping, read by a server that ran PACE itself.
fn read_by_pace_cam() -> (Scene, Reading) {
    let scene = Scene::of(|spec, _| {
        let group = Group::Curve(Curve::BrainpoolP256r1);
        let offer = PaceOffer::new(Mapping::ChipAuthentication, group, Cipher::Aes128);
        spec.access = Access { bac: false, pace: vec![offer], can: None };
    });
    let mut card = Card::new(scene.document.clone(), [3; 32]);
    let password = Password::from_mrz_information(card.document().mrz_information()).unwrap();
    let mut seed = Seeded::new([4; 32]);
    let mut step =
        Reader::begin(Plan::new(password), Box::new(move |octets| seed.fill(octets)), None);
    loop {
        step = match step {
            Step::Send(awaiting) => {
                let answer = card.transmit(awaiting.command());
                awaiting.answer(answer)
            }
            Step::AccessGranted(granted) => granted.go_on(None),
            Step::Done(done) => return (scene, done.reading),
            Step::Failed(failure) => panic!("{:?}", failure.error),
        };
    }
}

#[test]
fn pace_with_chip_authentication_mapping_proves_presence_to_whoever_ran_it() {
    let (scene, reading) = read_by_pace_cam();

    let proof = reading.mapping_proof.unwrap();

    let proven = presence(scene.examine(&[], &[Proof::PaceCam(&proof)]));
    assert_eq!(proven, Ok(Presence::Proven(PresenceProof::PaceCam)));
    let unproven = presence(scene.examine(&[], &[]));
    assert_eq!(unproven, Ok(Presence::NotOffered), "DG14 lists no key to prove");
}

#[test]
fn mapping_counts_for_the_sod_of_its_own_session_alone() {
    let (scene, reading) = read_by_pace_cam();
    let proof = reading.mapping_proof.unwrap();
    let another_sod =
        proof.clone().with_sod_of_session(b"the SOD of the chip in the session before");

    let failure = presence(scene.examine(&[], &[Proof::PaceCam(&another_sod)])).unwrap_err();

    assert_eq!(failure, VerifyError::Presence(PresenceError::OtherSession));
    assert_eq!(failure.code(), "presence-not-proven");
}

#[test]
fn a_refused_key_of_the_sod_is_made_good_by_another_listed_key_alone() {
    let active = Proof::Refused(PresenceProof::ActiveAuthentication);
    let agreed = Proof::Refused(PresenceProof::ChipAuthentication);
    let (scene, reading) = read_by_pace_cam();
    let proof = reading.mapping_proof.unwrap();

    // Nothing that this SOD lists was refused.
    let nothing_owed = presence(scene.examine(&[], &[active, agreed, Proof::PaceCam(&proof)]));
    assert_eq!(nothing_owed, Ok(Presence::Proven(PresenceProof::PaceCam)));

    let scene = Scene::with_both();
    let answer = scene.answer(CHALLENGE);
    let signed = Proof::ActiveAuthentication { challenge: CHALLENGE, answer: &answer };
    let proven = presence(scene.examine(&[], &[agreed, signed]));
    assert_eq!(proven, Ok(Presence::Proven(PresenceProof::ActiveAuthentication)));
    let failure = presence(scene.examine(&[], &[agreed, active])).unwrap_err();
    assert_eq!(failure, VerifyError::Presence(PresenceError::KeyRefused));
    // A proof that was given and does not hold weighs more than one that does.
    for kind in [PresenceProof::ChipAuthentication, PresenceProof::PaceCam] {
        let failure = presence(scene.examine(&[], &[signed, Proof::Fails(kind)])).unwrap_err();
        assert_eq!(failure, VerifyError::Presence(PresenceError::DoesNotHold));
    }
}

#[test]
fn a_chip_that_opened_by_another_zone_is_not_this_document() {
    let scene = Scene::of(|_, _| {});
    let own = Password::from_mrz_information(scene.document.mrz_information()).unwrap();
    let other = Password::mrz("L898902C4", "740812", "340415").unwrap();
    let number = Password::card_access_number("123456").unwrap();
    let groups: Vec<(u8, &[u8])> =
        [1, 2].map(|n| (n, scene.document.file(File::DataGroup(n)).unwrap())).to_vec();
    for (opened_with, fits) in [(&own, true), (&number, true), (&other, false)] {
        let evidence = Evidence {
            sod: scene.document.file(File::Sod).unwrap(),
            data_groups: &groups,
            com: None,
            card_access: None,
            card_security: None,
            opened_by: OpenedBy::Bac,
            opened_with: Some(opened_with),
            proofs: &[],
        };

        let result = examine(&evidence, &scene.trust, &ChipPolicy::default(), now()).result;

        assert_eq!(result.is_ok(), fits);
        assert!(fits || result == Err(VerifyError::Zone));
    }
}

#[test]
fn card_security_of_another_chip_or_another_issuer_proves_nothing() {
    let (scene, reading) = read_by_pace_cam();
    let genuine = &reading.files[&FileId::CardSecurity];
    let proof = reading.mapping_proof.unwrap();

    // The same file under an issuer that nobody trusts.
    let stranger = Scene { trust: Store::new(), ..scene };
    let failure = presence(stranger.examine(&[], &[Proof::PaceCam(&proof)])).unwrap_err();
    assert!(matches!(failure, VerifyError::Issuer(_)), "{failure:?}");
    // A bit of the signed content changed: the proof is for another file.
    let mut bent = genuine.clone();
    let middle = bent.len() / 2;
    bent[middle] ^= 1;
    assert!(proof.is_for(genuine) && !proof.is_for(&bent));
}
