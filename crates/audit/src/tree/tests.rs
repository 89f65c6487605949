use super::*;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;

/// The entries of the reference tests of Certificate Transparency (RFC 6962), in hexadecimal.
const ENTRIES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// The hashes of the trees of the first 0 to 8 of these entries.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// The hash over some entries, by the words of RFC 6962 section 2.1 and with none of this module's arithmetic.
fn tree(entries: &[Vec<u8>]) -> TreeHash {
    match entries {
        [] => TreeHash::of_nothing(),
        [one] => TreeHash::of_entry(one),
        more => {
            let mut k = 1;
            while k * 2 < more.len() {
                k *= 2;
            }
            TreeHash::of_pair(tree(&more[..k]), tree(&more[k..]))
        }
    }
}

fn numbered(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|n| n.to_be_bytes().to_vec()).collect()
}

/// The hash of a node, where every subtree is at hand.
fn hash(span: Span, entries: &[Vec<u8>]) -> TreeHash {
    let of = |it: Subtree| {
        let from = usize::try_from(it.index << it.level).unwrap();
        Some(tree(&entries[from..from + (1 << it.level)]))
    };
    span.hash(of).unwrap()
}

#[test]
fn rfc_6962_section_2_1_trees_of_the_reference_entries() {
    let entries: Vec<Vec<u8>> = ENTRIES.iter().map(|it| hex::decode(it).unwrap()).collect();
    for (size, root) in ROOTS.iter().enumerate() {
        let whole = Span::whole(u64::try_from(size).unwrap());

        assert_eq!(hex::encode(hash(whole, &entries).0), *root, "{size} entries");
        assert_eq!(hex::encode(tree(&entries[..size]).0), *root, "{size} entries");
    }
}

/// RFC 6962 section 2.1.3 names the nodes of the proofs of a tree of seven leaves.
#[test]
fn rfc_6962_section_2_1_3_proofs_of_the_tree_of_seven() {
    let leaf = |n| Span { start: n, end: n + 1 };
    let span = |start, end| Span { start, end };
    let (h, i, j, k, l) = (span(0, 2), span(2, 4), span(4, 6), span(0, 4), span(4, 7));

    assert_eq!(inclusion(0, 7).unwrap(), [leaf(1), i, l]);
    assert_eq!(inclusion(3, 7).unwrap(), [leaf(2), h, l]);
    assert_eq!(inclusion(4, 7).unwrap(), [leaf(5), leaf(6), k]);
    assert_eq!(inclusion(6, 7).unwrap(), [j, k]);
    assert_eq!(consistency(3, 7).unwrap(), [leaf(2), leaf(3), h, l]);
    assert_eq!(consistency(4, 7).unwrap(), [l]);
    assert_eq!(consistency(6, 7).unwrap(), [j, leaf(6), k]);
    assert_eq!(consistency(7, 7).unwrap(), []);
}

#[test]
fn what_cannot_be_proven_has_no_proof() {
    assert_eq!(inclusion(0, 0), None);
    assert_eq!(inclusion(7, 7), None);
    assert_eq!(inclusion(0, LEAVES_MAX + 1), None);
    assert_eq!(consistency(0, 7), None, "every tree goes on from the empty one");
    assert_eq!(consistency(8, 7), None);
    assert_eq!(consistency(1, LEAVES_MAX + 1), None);
    assert_eq!(inclusion(0, 1).unwrap(), []);
    assert_eq!(inclusion(LEAVES_MAX - 1, LEAVES_MAX).unwrap().len(), 62);
}

proptest! {
    #[test]
    fn trees_and_proofs_are_those_of_ct_merkle(size in 1_u64..600, at in any::<u64>()) {
        let at = at % size;
        let entries = numbered(size);
        let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        entries.iter().for_each(|entry| other.push(entry.clone()));
        let bytes = |spans: &[Span]| -> Vec<u8> {
            spans.iter().flat_map(|span| hash(*span, &entries).0).collect()
        };

        prop_assert_eq!(hash(Span::whole(size), &entries).0, <[u8; 32]>::from(*other.root().as_bytes()));
        let included = other.prove_inclusion(usize::try_from(at).unwrap());
        prop_assert_eq!(bytes(&inclusion(at, size).unwrap()), included.as_bytes());
        let consistent = other.prove_consistency(usize::try_from(size - at - 1).unwrap());
        prop_assert_eq!(bytes(&consistency(at + 1, size).unwrap()), consistent.as_bytes());
    }
}
