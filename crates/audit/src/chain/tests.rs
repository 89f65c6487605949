use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Stored {
    id: u128,
    position: u64,
    layout: Layout,
    subject: u128,
    instant: i64,
    salt: [u8; 32],
    ciphertext: Vec<u8>,
    coarse: u16,
    head: [u8; 32],
}

impl Stored {
    fn placed(&self) -> Placed<'_> {
        let Self { id, layout, subject, instant, salt, ciphertext, coarse, .. } = self;
        let (layout, id, subject, instant) = (*layout, *id, *subject, *instant);
        let entry = Entry { layout, id, subject, instant, salt, ciphertext, coarse: *coarse };
        Placed { id: self.id, position: self.position, entry, head: self.head }
    }
}

/// A journal whose first three rows have the first layout.
fn journal(rows: u8) -> (Vec<Stored>, Head) {
    let mut head = Head::EMPTY;
    let stored = (0..rows)
        .map(|n| {
            let layout = if n < 3 { Layout::First } else { Layout::Second };
            let mut row = Stored {
                id: 1_000 + u128::from(n),
                position: head.size,
                layout,
                subject: u128::from(n / 2),
                instant: 1_795_000_000_000 + i64::from(n),
                salt: [n; 32],
                ciphertext: vec![n; usize::from(n)],
                coarse: u16::from(n % 3),
                head: [0; 32],
            };
            head = head.after(leaf(row.placed().entry));
            row.head = head.hash;
            row
        })
        .collect();
    (stored, head)
}

fn judge(rows: &[Stored], end: Head, kept: Option<&Checkpoint>) -> Result<Head, Unfit> {
    verify(rows.iter().map(Stored::placed), end, kept)
}

fn kept(head: Head) -> Checkpoint {
    Checkpoint::new("test", head).unwrap()
}

#[test]
fn an_untouched_journal_verifies_up_to_its_end() {
    let (rows, end) = journal(9);

    assert_eq!(judge(&rows, end, None), Ok(end));
    assert_eq!(judge(&[], Head::EMPTY, None), Ok(Head::EMPTY));
}

#[test]
fn the_first_changed_row_is_named() {
    let (mut rows, end) = journal(9);
    rows[4].ciphertext[0] ^= 1;
    rows[7].coarse ^= 1;

    assert_eq!(judge(&rows, end, None), Err(Unfit::Changed { id: 1_004, position: 4 }));
}

#[test]
fn a_dropped_row_is_named_by_the_one_after_it() {
    let (mut rows, end) = journal(9);
    rows.remove(3);

    assert_eq!(judge(&rows, end, None), Err(Unfit::Gap { id: 1_004, wanted: 3, found: 4 }));
}

#[test]
fn rows_cut_from_the_end_or_added_to_it_are_noticed() {
    let (rows, end) = journal(9);
    let (longer, longer_end) = journal(10);

    assert_eq!(judge(&rows[..8], end, None), Err(Unfit::End { wanted: 9, found: 8 }));
    assert_eq!(judge(&longer, end, None), Err(Unfit::End { wanted: 9, found: 10 }));
    let wrong = Head { size: 9, ..longer_end };
    assert_eq!(judge(&rows, wrong, None), Err(Unfit::Head { size: 9 }));
}

#[test]
fn a_restored_backup_is_exposed_by_a_checkpoint_kept_elsewhere() {
    let (_, later) = journal(12);
    let (rows, end) = journal(9);

    let answer = judge(&rows, end, Some(&kept(later)));

    assert_eq!(answer, Err(Unfit::RolledBack { kept: 12, found: 9 }));
}

#[test]
fn a_journal_rewritten_with_a_fitting_chain_is_exposed_by_a_checkpoint() {
    let (_, before) = journal(5);
    let mut head = Head::EMPTY;
    let (mut rows, _) = journal(9);
    rows[2].ciphertext = b"another story".to_vec();
    for row in &mut rows {
        head = head.after(leaf(row.placed().entry));
        row.head = head.hash;
    }

    assert_eq!(judge(&rows, head, None), Ok(head), "the chain alone cannot tell");
    assert_eq!(judge(&rows, head, Some(&kept(before))), Err(Unfit::Rewritten { kept: 5 }));
}

#[test]
fn a_checkpoint_of_any_earlier_size_is_extended() {
    let (rows, end) = journal(9);

    for size in 0..=9 {
        let (_, earlier) = journal(size);
        assert_eq!(judge(&rows, end, Some(&kept(earlier))), Ok(end));
    }
}

#[test]
fn no_row_goes_back_to_the_layout_that_hashes_less() {
    let (mut rows, _) = journal(9);
    rows[6].layout = Layout::First;
    let mut head = Head::EMPTY;
    for row in &mut rows {
        head = head.after(leaf(row.placed().entry));
        row.head = head.hash;
    }

    assert_eq!(judge(&rows, head, None), Err(Unfit::Layout { id: 1_006, position: 6 }));
}

proptest! {
    #[test]
    fn from_the_second_layout_on_time_id_and_subject_of_a_row_are_noticed_too(
        row in 3_usize..20, part in 0_u8..3, bit in 0_u32..40,
    ) {
        let (mut rows, end) = journal(20);
        match part {
            0 => rows[row].id ^= 1 << bit,
            1 => rows[row].subject ^= 1 << bit,
            _ => rows[row].instant ^= 1 << bit,
        }

        let answer = judge(&rows, end, None);

        let (id, position) = (rows[row].id, rows[row].position);
        prop_assert_eq!(answer, Err(Unfit::Changed { id, position }));
    }

    #[test]
    fn any_one_changed_bit_is_noticed_at_its_row(
        row in 1_usize..20, part in 0_u8..5, bit in 0_u8..8, byte in 0_usize..32,
    ) {
        let (mut rows, end) = journal(20);
        let flip = 1_u8 << bit;
        match part {
            0 => rows[row].salt[byte] ^= flip,
            1 => { let len = rows[row].ciphertext.len(); rows[row].ciphertext[byte % len] ^= flip }
            2 => rows[row].coarse ^= u16::from(flip),
            3 => rows[row].head[byte] ^= flip,
            _ => rows[row].position ^= u64::from(flip),
        }

        let answer = judge(&rows, end, None);

        let id = rows[row].id;
        let named = matches!(
            answer,
            Err(Unfit::Changed { id: found, .. } | Unfit::Gap { id: found, .. }) if found == id
        );
        prop_assert!(named, "{:?}", answer);
    }
}
