use chip::crl::RevocationList;
use chip::csca::Store;
use chip::date::UnixTime;

/// Revocation lists: nothing panics, and an empty store keeps none.
pub fn run(data: &[u8]) {
    if let Ok(list) = RevocationList::from_der(data) {
        let _since = list.revoked_since(data.get(..4).unwrap_or_default());
    }
    let mut store = Store::new();
    assert!(store.import_revocation_list(data, UnixTime::from_secs(1_795_350_896)).is_err());
}
