//! The reference documents of the BSI, found through `GENVEJ_DATA`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test stops at the first surprise")]

mod external;

use chip::csca::Store;
use chip::date::{Date, UnixTime};
use chip::passive::ChainError;
use chip::verdict::{
    Check, ChipPolicy, Deviation, Evidence, Examination, OpenedBy, Outcome, VerifyError, examine,
};

fn now() -> UnixTime {
    Date::new(2026, 11, 22).unwrap().start()
}

struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    fn of(folder: &str) -> Option<Self> {
        let folder = external::path(folder)?;
        let names = ["EF_COM", "EF_SOD", "Datagroup1", "Datagroup2", "Datagroup14", "Datagroup15"];
        let read = |name: &str| {
            (name.to_owned(), std::fs::read(folder.join(format!("{name}.bin"))).unwrap())
        };
        Some(Self(names.map(read).to_vec()))
    }

    fn file(&self, name: &str) -> &[u8] {
        &self.0.iter().find(|(own, _)| own == name).unwrap().1
    }

    fn examine(&self) -> Examination {
        let groups = [
            (1, self.file("Datagroup1")),
            (2, self.file("Datagroup2")),
            (14, self.file("Datagroup14")),
            (15, self.file("Datagroup15")),
        ];
        let evidence = Evidence {
            sod: self.file("EF_SOD"),
            data_groups: &groups,
            com: Some(self.file("EF_COM")),
            card_access: None,
            card_security: None,
            opened_by: OpenedBy::Unknown,
            opened_with: None,
            proofs: &[],
        };
        examine(&evidence, &Store::new(), &ChipPolicy::default(), now())
    }
}

fn expect_the_honest_verdict(examination: &Examination, signer: &str, algorithm: &str) {
    let report = &examination.report;
    println!("{:#?}", report.checks);
    assert!(matches!(
        &examination.result,
        Err(VerifyError::Issuer(ChainError::UnknownIssuer { .. }))
    ));
    for number in [1, 2, 14] {
        let outcome = report.outcome(Check::DataGroup(number)).unwrap();
        assert_eq!(*outcome, Outcome::Passed("the hash matches".to_owned()), "DG{number}");
    }
    assert_eq!(
        report.outcome(Check::DataGroup(15)),
        Some(&Outcome::NotPossible("DG15 is not covered by the SOD".to_owned()))
    );
    assert!(report.deviations.contains(&Deviation::Dg15NotCovered));
    let document = report.document.as_ref().unwrap();
    assert_eq!(document.issuing_state, "DEU");
    assert!(!document.holder.primary.expose().is_empty());
    assert!(matches!(report.outcome(Check::Portrait), Some(Outcome::Passed(_))));
    let found = report.signer.as_ref().unwrap();
    assert!(found.subject.contains(signer), "{}", found.subject);
    assert_eq!(found.algorithm, algorithm);
    assert_eq!(found.csca_fingerprint, None);
}

#[test]
fn the_reference_set_of_2013_is_whole_and_its_issuer_unknown() {
    let Some(files) = Files::of("chip/bsi-silver/tr03105-5-refset-2013") else { return };

    expect_the_honest_verdict(&files.examine(), "HJP PB DS", "RSA-PSS with SHA-256");
}

#[test]
fn the_silver_set_of_2008_is_whole_and_its_issuer_unknown() {
    let Some(files) = Files::of("chip/bsi-silver/silver-2008") else { return };

    let examination = files.examine();

    expect_the_honest_verdict(&examination, "BundesDruckerei", "ECDSA with SHA-1");
    assert!(examination.report.deviations.contains(&Deviation::Sha1));
}

#[test]
fn a_changed_bit_in_a_data_group_or_in_the_sod_is_found() {
    let Some(files) = Files::of("chip/bsi-silver/tr03105-5-refset-2013") else { return };
    for (name, number) in [("Datagroup1", 1), ("Datagroup2", 2), ("Datagroup14", 14)] {
        let mut bent = Files(files.0.clone());
        let bytes = &mut bent.0.iter_mut().find(|(own, _)| own == name).unwrap().1;
        *bytes.last_mut().unwrap() ^= 1;

        let report = bent.examine().report;

        let outcome = report.outcome(Check::DataGroup(number));
        assert!(matches!(outcome, Some(Outcome::Failed(_))), "{name}: {outcome:?}");
    }
    for at in [100, files.file("EF_SOD").len() - 1] {
        let mut bent = Files(files.0.clone());
        bent.0.iter_mut().find(|(own, _)| own == "EF_SOD").unwrap().1[at] ^= 1;

        let examination = bent.examine();

        assert!(
            matches!(
                &examination.result,
                Err(VerifyError::Signature(_) | VerifyError::Sod(_) | VerifyError::Changed(_))
            ),
            "{at}: {:?}",
            examination.result
        );
    }
}
