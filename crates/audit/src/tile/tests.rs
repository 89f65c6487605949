use super::*;
use crate::leaf::Leaf;
use proptest::prelude::*;

fn leaf(n: u64) -> TreeHash {
    let mut leaf = [0; 32];
    leaf[..8].copy_from_slice(&n.to_be_bytes());
    TreeHash::of_leaf(Leaf(leaf))
}

/// The hash over leaves by the words of RFC 6962 section 2.1.
fn tree(leaves: &[TreeHash]) -> TreeHash {
    match leaves {
        [] => TreeHash::of_nothing(),
        [one] => *one,
        more => {
            let k = more.len().next_power_of_two() / 2;
            TreeHash::of_pair(tree(&more[..k]), tree(&more[k..]))
        }
    }
}

/// Every tile that a tree of this size had while it grew, and its edge.
fn grown(size: u64) -> (Tiles, Edge) {
    let (mut tiles, mut edge) = (Tiles::default(), Edge::new());
    for n in 0..size {
        edge.push(leaf(n), |id, hashes| tiles.insert(id, hashes.to_vec()));
    }
    edge.open().for_each(|(id, hashes)| tiles.insert(id, hashes.to_vec()));
    (tiles, edge)
}

/// The example of C2SP tlog-tiles, "Partial Tiles".
#[test]
fn tlog_tiles_a_tree_of_70000_has_273_full_tiles_and_partial_ones_of_112_17_and_1() {
    let count = |level, width| {
        TileId::all(70_000).filter(|(id, it)| id.level == level && *it == width).count()
    };

    assert_eq!(count(0, 256), 273);
    assert_eq!(count(0, 112), 1);
    assert_eq!(count(1, 256), 1);
    assert_eq!(count(1, 17), 1);
    assert_eq!(count(2, 1), 1);
    assert_eq!(TileId::all(70_000).count(), 277);
    let of_256: Vec<(TileId, u16)> = TileId::all(256).collect();
    assert_eq!(of_256, [(TileId { level: 0, index: 0 }, 256), (TileId { level: 1, index: 0 }, 1)]);
}

/// The example of C2SP tlog-tiles, "Merkle Tree", and what must not be read as one.
#[test]
fn tlog_tiles_index_1234067_is_x001_x234_067() {
    let tile = |level, index, width| Resource::Tile { id: TileId { level, index }, width };
    for (resource, path) in [
        (Resource::Checkpoint, "checkpoint"),
        (tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (tile(2, 0, 1), "tile/2/000.p/1"),
        (tile(63, 1_000, 255), "tile/63/x001/000.p/255"),
        (Resource::Entries { index: 999, width: 256 }, "tile/entries/999"),
        (Resource::Entries { index: 7, width: 12 }, "tile/entries/007.p/12"),
        (tile(0, u64::MAX, 256), "tile/0/x018/x446/x744/x073/x709/x551/615"),
    ] {
        assert_eq!(resource.path(), path);
        assert_eq!(Resource::parse(path), Some(resource));
    }
    for path in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/1",
        "tile/00/001",
        "tile/+0/001",
        "tile/0/+01",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/001.p/0x",
        "tile/0/001.p/256",
        "tile/0/001.p/007",
        "tile/0/001.p/7/",
        "tile/0/001/",
        "tile/256/001",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/entries/1",
        "checkpoint/",
        "Checkpoint",
    ] {
        assert_eq!(Resource::parse(path), None, "{path}");
    }
}

#[test]
fn a_resource_is_there_once_the_tree_is_large_enough_for_it() {
    let tile = |path: &str, size| Resource::parse(path).unwrap().is_in(size);

    assert!(tile("tile/0/000.p/5", 5) && !tile("tile/0/000.p/5", 4));
    assert!(tile("tile/0/000.p/5", 1_000), "clients may ask for what an older checkpoint needed");
    assert!(tile("tile/1/000.p/1", 256) && !tile("tile/1/000.p/1", 255));
    assert!(tile("tile/0/001", 512) && !tile("tile/0/001", 511));
    assert!(tile("tile/entries/001.p/255", 511) && !tile("tile/entries/002.p/1", 512));
    assert!(!tile("tile/63/000.p/1", LEAVES_MAX));
    assert!(Resource::all(70_000).all(|it| it.is_in(70_000)));
    assert_eq!(Resource::all(70_000).count(), 1 + 277 + 274);
}

#[test]
fn a_tree_that_grows_has_the_root_of_its_leaves_at_every_size() {
    let leaves: Vec<TreeHash> = (0..70_000).map(leaf).collect();
    let mut edge = Edge::new();
    assert_eq!(edge.root(), TreeHash::of_nothing());
    for (size, leaf) in (1..).zip(&leaves) {
        edge.push(*leaf, |_, _| {});
        if size < 300 || size % 9_973 == 0 || [65_535, 65_536, 65_537].contains(&size) {
            assert_eq!(edge.root(), tree(&leaves[..size]), "{size} leaves");
        }
    }
}

#[test]
fn a_tile_that_is_missing_or_short_is_no_hash() {
    let (tiles, _) = grown(600);
    assert!(tiles.root(600).is_some());
    assert!(tiles.root(601).is_none());
    let mut short = tiles;
    short.insert(TileId { level: 0, index: 2 }, (512..599).map(leaf).collect());
    assert!(short.root(600).is_none());
    assert!(short.root(599).is_some());

    assert!(Edge::of(600, |_| None).is_none());
    assert!(Edge::of(600, |id| short.0.get(&id).cloned()).is_none());
}

proptest! {
    #[test]
    fn roots_and_proofs_of_every_earlier_size_come_from_the_tiles_that_are_named(
        size in 1_u64..2_000,
        earlier in any::<u64>(),
    ) {
        let earlier = 1 + earlier % size;
        let (all, edge) = grown(size);
        let leaves: Vec<TreeHash> = (0..size).map(leaf).collect();
        let mut some = Tiles::default();
        let whole = [Span::whole(earlier)];
        for id in Tiles::needed(&whole) {
            some.insert(id, all.0[&id].clone());
        }

        let root = tree(&leaves[..usize::try_from(earlier).unwrap()]);
        prop_assert_eq!(some.root(earlier), Some(root));
        let again = Edge::of(earlier, |id| all.0.get(&id).cloned()).unwrap();
        prop_assert_eq!(again.size(), earlier);
        prop_assert_eq!(again.root(), root);
        let mut on = again;
        for n in earlier..size {
            let mut fits = true;
            on.push(leaf(n), |id, hashes| fits = all.0[&id] == hashes);
            prop_assert!(fits);
        }
        prop_assert_eq!(on, edge);
    }
}
