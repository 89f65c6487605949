use chip::csca::{ListTrust, MasterList, Statistics, Store, import_ldif};
use chip::date::UnixTime;

/// Master lists and directory files: nothing panics, and nothing is believed without an anchor.
pub fn run(data: &[u8]) {
    let now = UnixTime::from_secs(1_795_350_896);
    let mut store = Store::new();
    if let Ok(list) = MasterList::from_ber(data) {
        let count = list.certificates().len() + list.unreadable().len();
        assert_eq!(Statistics::of(&[list], &[], now).certificates, count);
    }
    assert!(store.import_master_list(data, ListTrust::Anchors(&[]), now).is_err());
    let _import = import_ldif(&mut store, data, ListTrust::Anchors(&[]), now);
    assert!(store.is_empty());
}
