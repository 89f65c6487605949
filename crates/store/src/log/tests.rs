use super::*;
use crate::{CoarseType, JournalId, JournalRow, MemoryStore, SubjectId, sequencer};
use audit::note::KeyName;
use audit::proof::{check_consistency, check_inclusion};
use audit::tree;
use zeroize::Zeroizing;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn keys() -> Keys {
    Keys::generate(&Zeroizing::new([7; 96]))
}

fn signer() -> SignerKey {
    SignerKey::new(KeyName::new("recovery.example/log").unwrap(), &[1; 32])
}

fn fill(buffer: &mut [u8]) {
    buffer.fill(9);
}

fn row(n: u64) -> JournalRow {
    JournalRow {
        id: JournalId(u128::from(n)),
        subject: SubjectId(0),
        coarse: CoarseType(1),
        salt: [0; 32],
        ciphertext: n.to_be_bytes().to_vec(),
    }
}

async fn write(store: &MemoryStore, rows: std::ops::Range<u64>) {
    for n in rows {
        store.commit(Transaction::new(NOW).journal(row(n))).await.unwrap();
    }
    sequencer::extend(store, 100_000).await.unwrap();
}

async fn grow(log: &LogRows<'_>) {
    while log.grow(NOW, &fill).await.unwrap() {}
}

#[tokio::test]
async fn a_log_takes_in_whole_tiles_and_knows_the_tree_of_every_size() {
    let (store, keys) = (MemoryStore::new(), keys());
    let log = LogRows::new(&store, &keys);
    grow(&log).await;
    assert_eq!(log.state().await.unwrap().tiles, 0);
    assert_eq!(log.head(0).await.unwrap().hash, TreeHash::of_nothing().0);
    write(&store, 0..5_000).await;
    assert!(log.grow(NOW, &fill).await.unwrap(), "16 tiles at once");
    grow(&log).await;

    assert_eq!(log.state().await.unwrap().tiles, 19);
    let leaves: Vec<Leaf> =
        store.journal_read(0, 5_000).await.unwrap().iter().map(|row| leaf(row.entry())).collect();
    let mut edge = Edge::new();
    let mut heads = vec![Head { size: 0, hash: edge.root().0 }];
    for leaf in &leaves {
        edge.push(TreeHash::of_leaf(*leaf), |_, _| {});
        heads.push(Head { size: edge.size(), hash: edge.root().0 });
    }
    for size in [1, 255, 256, 257, 4_863, 4_864, 5_000] {
        let head = log.head(size).await.unwrap();
        assert_eq!(head, heads[usize::try_from(size).unwrap()], "{size} rows");
        let included = tree::inclusion(size / 2, size).unwrap();
        let path = log.hashes(size, &included).await.unwrap();
        let leaf = leaves[usize::try_from(size / 2).unwrap()];
        check_inclusion(leaf, size / 2, &path, head).unwrap();
        let consistent = tree::consistency(size, 5_000).unwrap();
        let path = log.hashes(5_000, &consistent).await.unwrap();
        check_consistency(head, &path, heads[5_000]).unwrap();
    }
    assert!(matches!(log.head(5_001).await, Err(LogError::Row { position: 5_000 })));
}

#[tokio::test]
async fn a_log_grows_alike_whether_at_once_or_step_by_step() {
    let keys = keys();
    let (at_once, by_steps) = (MemoryStore::new(), MemoryStore::new());
    write(&at_once, 0..70_000).await;
    let whole = LogRows::new(&at_once, &keys);
    grow(&whole).await;
    let parts = LogRows::new(&by_steps, &keys);
    for start in (0..70_000).step_by(700) {
        write(&by_steps, start..start + 700).await;
        grow(&parts).await;
    }

    let state = whole.state().await.unwrap();
    assert_eq!(state, parts.state().await.unwrap());
    assert_eq!(state.rows(), 69_888);
    for (id, width) in TileId::all(70_000) {
        let tile = whole.tile(id, width).await.unwrap();
        assert_eq!(tile, parts.tile(id, width).await.unwrap(), "{id:?}");
    }
}

#[tokio::test]
async fn a_checkpoint_is_published_with_all_that_proves_it_and_nothing_beyond() {
    let (store, keys) = (MemoryStore::new(), keys());
    let (log, signer) = (LogRows::new(&store, &keys), signer());
    let get = async |path: &str| {
        let wanted = Resource::parse(path).unwrap();
        log.resource(wanted, &signer).await.unwrap()
    };
    write(&store, 0..600).await;
    grow(&log).await;
    assert_eq!(get("checkpoint").await, None, "nothing was published");
    assert_eq!(get("tile/0/000").await, None);

    log.publish(512, &signer, NOW, &fill).await.unwrap();

    let note = String::from_utf8(get("checkpoint").await.unwrap()).unwrap();
    let note = Note::parse(&note).unwrap();
    let signed = SignedCheckpoint::check(note, &signer.verifier(Algorithm::Ed25519)).unwrap();
    assert_eq!(signed.head(), log.head(512).await.unwrap());
    let tile = get("tile/0/001").await.unwrap();
    assert_eq!(tile.len(), 8_192);
    let entries = get("tile/entries/001").await.unwrap();
    assert_eq!(entries.len(), 256 * 34);
    for (entry, hash) in entries.chunks_exact(34).zip(tile.chunks_exact(32)) {
        assert_eq!(entry[..2], [0, 32]);
        let leaf = Leaf(entry[2..].try_into().unwrap());
        assert_eq!(TreeHash::of_leaf(leaf).0, *hash);
    }
    assert!(get("tile/1/000.p/2").await.is_some());
    for beyond in ["tile/0/002.p/1", "tile/entries/002.p/1", "tile/1/000.p/3", "tile/2/000.p/1"] {
        assert_eq!(get(beyond).await, None, "{beyond}");
    }
    log.publish(600, &signer, NOW, &fill).await.unwrap();
    assert_eq!(get("tile/0/002.p/88").await.unwrap().len(), 88 * 32);
    let other = SignerKey::new(KeyName::new("recovery.example/log/2").unwrap(), &[1; 32]);
    assert_eq!(log.published(&other).await.unwrap(), None, "under another name it is another log");
}

#[tokio::test]
async fn a_log_is_not_published_that_does_not_go_on_from_what_was() {
    let keys = keys();
    let store = MemoryStore::new();
    let (log, signer) = (LogRows::new(&store, &keys), signer());
    write(&store, 0..600).await;
    grow(&log).await;
    log.publish(600, &signer, NOW, &fill).await.unwrap();
    let published = store.load(kinds::LOG_STATE, Id(0)).await.unwrap().unwrap();

    let shorter = log.publish(512, &signer, NOW, &fill).await;
    assert!(matches!(shorter, Err(LogError::Forked { size: 600 })), "{shorter:?}");
    // The same checkpoint over another journal of the same length.
    let other = MemoryStore::new();
    for n in (0..600).rev() {
        other.commit(Transaction::new(NOW).journal(row(n))).await.unwrap();
    }
    sequencer::extend(&other, 100_000).await.unwrap();
    let forked = LogRows::new(&other, &keys);
    grow(&forked).await;
    let mut state = forked.state().await.unwrap();
    state.published = facade::open::<LogState>(&published, &keys, None).unwrap().value.published;
    let seen = other.load(kinds::LOG_STATE, Id(0)).await.unwrap().unwrap().version;
    let changed = forked.saved(Transaction::new(NOW), &state, Some(seen), &fill);
    other.commit(changed).await.unwrap();

    let error = forked.publish(600, &signer, NOW, &fill).await.unwrap_err();

    assert!(matches!(error, LogError::Forked { size: 600 }), "{error}");
    assert!(error.is_distrust());
}

#[tokio::test]
async fn a_row_that_does_not_fit_the_chain_never_enters_the_log() {
    let (store, keys) = (MemoryStore::new(), keys());
    let log = LogRows::new(&store, &keys);
    write(&store, 0..300).await;
    // A sequencer that states a head which does not follow.
    for n in 300..600 {
        store.commit(Transaction::new(NOW).journal(row(n))).await.unwrap();
    }
    let seen = store.journal_chain().await.unwrap();
    let steps = (300..600).map(|n| crate::Sequenced { id: JournalId(n), head: [3; 32] }).collect();
    store.journal_sequence(seen, steps).await.unwrap();

    let error = loop {
        match log.grow(NOW, &fill).await {
            Ok(true) => {}
            Ok(false) => panic!("the rows were taken in"),
            Err(error) => break error,
        }
    };

    assert!(matches!(error, LogError::Row { position: 300 }), "{error}");
    assert_eq!(log.state().await.unwrap().tiles, 0, "nothing of the step was saved");
}

#[tokio::test]
async fn a_recount_finds_a_tile_that_opens_and_is_not_that_of_the_journal() {
    let (store, keys) = (MemoryStore::new(), keys());
    let log = LogRows::new(&store, &keys);
    write(&store, 0..600).await;
    grow(&log).await;
    let mut recount = Recount::new(log.state().await.unwrap(), [600]);
    for row in store.journal_read(0, 600).await.unwrap() {
        recount.leaf(leaf(row.entry()));
    }
    recount.check(log.head(600).await.unwrap()).unwrap();
    assert_eq!(recount.check_tiles(&log).await.unwrap(), 3);

    let other = Head { size: 600, hash: [3; 32] };
    assert!(matches!(recount.check(other), Err(LogError::Forked { size: 600 })));
    let id = TileId { level: 0, index: 1 };
    let mut tile = log.load::<LogTile>(tile_row(id)).await.unwrap().unwrap();
    tile.value.hashes[7].0[0] ^= 1;
    let changed = Transaction::new(NOW);
    let changed = log.saved(changed, &tile.value, Some(tile.version), &fill);
    store.commit(changed).await.unwrap();
    let error = recount.check_tiles(&log).await.unwrap_err();

    assert!(matches!(error, LogError::Tile(found) if found == id), "{error}");
}
