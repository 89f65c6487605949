use chip::lds::com::Com;
use chip::lds::details::{DocumentDetails, PersonalDetails, persons_to_notify};
use chip::lds::security_info::SecurityInfos;
use chip::lds::{master_file, portrait, zone};

/// Every file that is parsed before anything is proven: DG1, DG2 with both kinds of block, DG7, DG11 to DG16, EF.COM,
/// EF.DIR, EF.ATR/INFO, EF.CardAccess.
pub fn run(data: &[u8]) {
    if let Ok(portraits) = portrait::portraits(data) {
        assert!(portraits.iter().all(|portrait| portrait.image.len() <= data.len()));
    }
    let _portrait = portrait::portrait(data);
    let _zone = zone::zone(data);
    let _com = Com::parse(data);
    let _personal = PersonalDetails::parse(data);
    let _document = DocumentDetails::parse(data);
    let _persons = persons_to_notify(data);
    let _applications = master_file::applications(data);
    let _lengths = master_file::extended_lengths(data);
    let _pictures = master_file::pictures(data);
    if let Ok(infos) = SecurityInfos::parse(data) {
        assert!(infos.offers_the_same_pace_as(&infos));
    }
}
