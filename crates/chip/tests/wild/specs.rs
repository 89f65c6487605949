//! Documents that the cases begin from.

use chip::lds::security_info::Mapping as Mapped;
use chip::reader::AccessControl;
use chip_sim::{
    Access, ActiveAuthentication, Cipher, Curve, CurveForm, Digest, DocumentSpec, Faults, File,
    Group, IssuerDeviations, KeyKind, Mapping, PaceOffer, utopian_passport,
};

use crate::desk::{Read, card, judge, read_whole};

pub(crate) const BP256: Group = Group::Curve(Curve::BrainpoolP256r1);
pub(crate) const AA: KeyKind = KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Named };

pub(crate) fn pace(offers: Vec<PaceOffer>) -> DocumentSpec {
    let access = Access { bac: false, pace: offers, can: Some("123456".to_owned()) };
    DocumentSpec { access, ..utopian_passport() }
}

pub(crate) fn gm() -> PaceOffer {
    PaceOffer::new(Mapping::Generic, BP256, Cipher::Aes128)
}

pub(crate) fn bac_and_pace() -> DocumentSpec {
    let access = Access { bac: true, pace: vec![gm()], can: Some("123456".to_owned()) };
    DocumentSpec { access, ..utopian_passport() }
}

pub(crate) fn with_active_authentication(kind: KeyKind, digest: Digest) -> DocumentSpec {
    DocumentSpec {
        active_authentication: Some(ActiveAuthentication::Generate(kind, digest)),
        ..utopian_passport()
    }
}

pub(crate) fn deviating(deviations: IssuerDeviations) -> DocumentSpec {
    DocumentSpec { deviations, ..utopian_passport() }
}

pub(crate) fn is_pace(read: &Read, mapping: Mapped) -> bool {
    matches!(read.reading.access, AccessControl::Pace { mapping: used, .. } if used == mapping)
}

pub(crate) fn content_type(oid: &str) -> DocumentSpec {
    let sod_content_type = Some(oid.to_owned());
    deviating(IssuerDeviations { sod_content_type, ..IssuerDeviations::default() })
}

pub(crate) fn usual() -> IssuerDeviations {
    IssuerDeviations::default()
}

pub(crate) fn accepted(what: &str, spec: DocumentSpec) -> chip::verdict::VerifiedChip {
    let (mut card_, trust) = card(&spec, Faults::default());
    let read_ = read_whole(&mut card_);
    assert!(card_.document().file(File::Sod).is_some());
    judge(&read_.reading, &trust).result.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}
