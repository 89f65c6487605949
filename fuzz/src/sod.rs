use chip::csca::Store;
use chip::date::UnixTime;
use chip::passive;
use chip::sod::Sod;
use chip::verdict::{ChipPolicy, Evidence, OpenedBy, examine};

/// EF.SOD as a stranger sends it: nothing panics, and nobody is trusted with an empty store.
pub fn run(data: &[u8]) {
    let (trust, now) = (Store::new(), UnixTime::from_secs(1_795_350_896));
    if let Ok(sod) = Sod::from_file(data) {
        assert!(sod.data_groups().all(|number| (1..=16).contains(&number)));
        if let Ok(signed) = passive::signed_by(sod.signed(), &trust) {
            assert!(passive::chain(&signed, &trust, now).is_err());
        }
    }
    // The same bytes as every file at once.
    let evidence = Evidence {
        sod: data,
        data_groups: &[(1, data), (2, data), (11, data), (14, data), (15, data)],
        com: Some(data),
        card_access: Some(data),
        card_security: Some(data),
        opened_by: OpenedBy::Bac,
        opened_with: None,
        proofs: &[],
    };
    assert!(examine(&evidence, &trust, &ChipPolicy::default(), now).result.is_err());
}
