use registers::{
    Facts, Places,
    import::cpr_direkte::{Roads, read},
};

/// Batch records: nothing panics, nobody has an own former number, and facts can be drawn.
pub fn run(data: &[u8]) {
    let Ok(batch) = read(data, &Roads::default()) else { return };
    let places = Places::built_in();
    for person in &batch.people {
        assert!(
            person.former_numbers.iter().all(|former| Some(&former.cpr) != person.cpr.as_ref())
        );
        let _facts = Facts::of(person, &places);
    }
}
