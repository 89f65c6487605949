use super::*;
use crate::note::{Algorithm, KeyName, SignerKey};
use crate::tile::{Edge, Tiles};
use crate::tree::{self, Span};

fn leaf(n: u64) -> Leaf {
    let mut leaf = [0; 32];
    leaf[..8].copy_from_slice(&n.to_be_bytes());
    Leaf(leaf)
}

fn tiles(size: u64) -> Tiles {
    let (mut tiles, mut edge) = (Tiles::default(), Edge::new());
    for n in 0..size {
        edge.push(TreeHash::of_leaf(leaf(n)), |id, hashes| tiles.insert(id, hashes.to_vec()));
    }
    edge.open().for_each(|(id, hashes)| tiles.insert(id, hashes.to_vec()));
    tiles
}

fn head(size: u64) -> Head {
    Head { size, hash: tiles(size).root(size).unwrap().0 }
}

fn path(size: u64, spans: &[Span]) -> Vec<TreeHash> {
    tiles(size).hashes(spans).unwrap()
}

fn log() -> SignerKey {
    SignerKey::new(KeyName::new("recovery.example/log").unwrap(), &[1; 32])
}

fn signed(head: Head) -> Note {
    let text = Checkpoint::new("recovery.example/log", head).unwrap().to_text();
    Note::sign(&text, &log()).unwrap()
}

#[test]
fn a_leaf_is_proven_at_its_place_in_its_tree_alone() {
    for size in [1, 2, 7, 256, 300, 513] {
        for index in [0, 1, size / 2, size - 1].into_iter().filter(|index| *index < size) {
            let proof = path(size, &tree::inclusion(index, size).unwrap());
            let check = |leaf, index, proof: &[TreeHash], head| {
                check_inclusion(leaf, index, proof, head).is_ok()
            };

            assert!(check(leaf(index), index, &proof, head(size)));
            assert!(!check(leaf(index + 1), index, &proof, head(size)));
            assert!(!check(leaf(index), index + 1, &proof, head(size)));
            let other = Head { hash: [7; 32], ..head(size) };
            assert!(!check(leaf(index), index, &proof, other));
            let longer = [&proof[..], &[TreeHash([0; 32])]].concat();
            assert!(!check(leaf(index), index, &longer, head(size)));
            if let [shorter @ .., _] = &proof[..] {
                assert!(!check(leaf(index), index, shorter, head(size)));
            }
        }
    }
    assert!(check_inclusion(leaf(0), 0, &[], Head { size: u64::MAX, hash: [0; 32] }).is_err());
    assert!(check_inclusion(leaf(0), 0, &[], Head { size: 0, hash: [0; 32] }).is_err());
}

#[test]
fn a_tree_goes_on_from_what_it_was_and_from_nothing_else() {
    for (old, size) in [(1, 1), (1, 2), (3, 7), (6, 7), (255, 256), (256, 300), (257, 600)] {
        let proof = path(size, &tree::consistency(old, size).unwrap());
        let check = |old, proof: &[TreeHash], head| check_consistency(old, proof, head).is_ok();

        assert!(check(head(old), &proof, head(size)), "{old} to {size}");
        let forked = Head { hash: [7; 32], ..head(old) };
        assert!(!check(forked, &proof, head(size)), "{old} to {size}");
        let rewritten = Head { hash: [7; 32], ..head(size) };
        assert!(!check(head(old), &proof, rewritten), "{old} to {size}");
        let longer = [&proof[..], &[TreeHash([0; 32])]].concat();
        assert!(!check(head(old), &longer, head(size)), "{old} to {size}");
    }
    let nothing = Head { size: 0, hash: TreeHash::of_nothing().0 };
    assert!(check_consistency(nothing, &[], head(5)).is_ok());
    assert!(check_consistency(nothing, &[TreeHash([0; 32])], head(5)).is_err());
    assert!(check_consistency(Head { hash: [0; 32], ..nothing }, &[], head(5)).is_err());
    assert!(check_consistency(head(6), &[], head(5)).is_err());
    let huge = Head { size: u64::MAX, hash: [0; 32] };
    assert!(check_consistency(head(5), &[], huge).is_err());
}

#[test]
fn a_file_of_inclusion_is_read_back_and_checked_without_the_log() {
    let key = log().verifier(Algorithm::Ed25519);
    let file = InclusionFile {
        extra: Some(b"what the leaf is hashed over".to_vec()),
        index: 3,
        path: path(7, &tree::inclusion(3, 7).unwrap()),
        note: signed(head(7)),
    };
    let text = file.to_string();

    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra d2hhdCB0"), "{text}");
    assert_eq!(InclusionFile::parse(&text).as_ref(), Ok(&file));
    assert_eq!(file.check(leaf(3), &key).unwrap().head(), head(7));
    assert_eq!(file.check(leaf(4), &key), Err(ProofError::Wrong));
    let bare = InclusionFile { extra: None, path: Vec::new(), index: 0, ..file.clone() };
    assert_eq!(InclusionFile::parse(&bare.to_string()), Ok(bare));
    let many = format!("{}=\n", "A".repeat(43)).repeat(64);
    for bad in [
        text.replace("index 3", "index 03"),
        text.replace("index 3", "index +3"),
        text.replace("index 3\n", ""),
        text.replace("tlog-proof@v1", "tlog-proof@v2"),
        text.replace("extra d", "extra !"),
        text.replace("\n\n", "\n"),
        text.replace("index 3\n", &format!("index 3\n{many}")),
        "a".repeat(PROOF_BYTES_MAX + 1),
    ] {
        assert!(InclusionFile::parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn a_checkpoint_counts_where_the_log_signed_it_under_its_own_name() {
    let key = log().verifier(Algorithm::Ed25519);
    let other = Checkpoint::new("other.example/log", head(7)).unwrap().to_text();
    let file =
        |note| ConsistencyFile { old: 3, path: path(7, &tree::consistency(3, 7).unwrap()), note };

    let good = file(signed(head(7)));
    assert_eq!(ConsistencyFile::parse(&good.to_string()).as_ref(), Ok(&good));
    assert_eq!(good.check(head(3), &key).unwrap().head(), head(7));
    assert_eq!(good.check(head(4), &key), Err(ProofError::Wrong));
    let foreign = file(Note::sign(&other, &log()).unwrap());
    assert_eq!(foreign.check(head(3), &key), Err(ProofError::Origin));
    let no_checkpoint = file(Note::sign("recovery.example/log\n", &log()).unwrap());
    assert!(matches!(no_checkpoint.check(head(3), &key), Err(ProofError::Checkpoint(_))));
    let stranger = SignerKey::new(KeyName::new("recovery.example/log").unwrap(), &[2; 32]);
    let forged = file(Note::sign(signed(head(7)).text(), &stranger).unwrap());
    assert_eq!(forged.check(head(3), &key), Err(ProofError::Note(NoteError::Unsigned)));
}

/// The example request of C2SP tlog-witness.
#[test]
fn tlog_witness_the_example_request_is_read() {
    let example = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
        \n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
        \n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    let file = ConsistencyFile::parse(example).unwrap();

    assert_eq!((file.old, file.path.len()), (20_852_014, 4));
    assert_eq!(file.to_string(), example);
    assert!(ConsistencyFile::parse(&example.replace("old 2", "old 02")).is_err());
}
