//! The tree of evidence: what every row was saved as last, in the order of kind and id.
//!
//! It is a B+ tree of sealed rows that never change. A changed node is written under a new random id, and so is every
//! node above it. An id is never used twice, so the node that opens under an id is the one that its parent meant, and
//! the id of the root vouches for everything below it.

use super::entry::{Entry, Fact, RowKey, Sealer, leaf_bytes};
use crate::codec::{CodecError, Reader, Writer};
use crate::kinds;
use crate::{Id, Record, Store, StoreError};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// The most children of an inner node, and the most statements of a leaf.
pub(super) const FANOUT: usize = 64;
/// The most nodes in each half of the cache; a node has at most 4 KiB.
const REMEMBERED_MAX: usize = 4_096;
/// For how many generations of the tree a removed row is remembered as removed. This is longer than the folding of all
/// evidence that may wait takes, so that no waiting statement is older than one that was forgotten.
pub(super) const GONE_KEPT: u64 = 1_000;

/// A node of the tree.
#[derive(Debug)]
pub(super) enum Node {
    Leaf(Vec<Entry>),
    /// The children: the smallest key of each when it was written, and its id.
    Inner(Vec<(RowKey, u128)>),
}

/// Why a tree cannot be read.
#[derive(Debug)]
pub(super) enum TreeError {
    /// A node is missing: the tree has another root by now, or somebody has removed the node.
    Moved,
    /// A node does not open.
    Broken,
    Store(StoreError),
}

impl From<StoreError> for TreeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The nodes that a change of the tree adds and removes, and its new root.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) root: Option<u128>,
    pub(super) fresh: Vec<(u128, Arc<Node>)>,
    pub(super) gone: Vec<u128>,
    /// The largest tick of a statement about a removed row that this change forgets.
    pub(super) forgotten: u64,
}

/// A cache of nodes that were read lately. Nodes never change, so it is never out of date.
#[derive(Debug, Default)]
struct Remembered {
    young: HashMap<u128, Arc<Node>>,
    old: HashMap<u128, Arc<Node>>,
}

impl Remembered {
    fn get(&mut self, id: u128) -> Option<Arc<Node>> {
        if let Some(node) = self.young.get(&id) {
            return Some(Arc::clone(node));
        }
        let node = self.old.remove(&id)?;
        self.put(id, Arc::clone(&node));
        Some(node)
    }

    fn put(&mut self, id: u128, node: Arc<Node>) {
        if self.young.len() >= REMEMBERED_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, node);
    }

    fn forget(&mut self, id: u128) {
        self.young.remove(&id);
        self.old.remove(&id);
    }
}

/// Reads and writes the nodes of the tree.
#[derive(Debug)]
pub(super) struct Tree {
    store: Arc<dyn Store>,
    sealer: Sealer,
    remembered: Mutex<Remembered>,
}

type Children = Vec<(RowKey, u128)>;
type Merging<'a> = Pin<Box<dyn Future<Output = Result<Children, TreeError>> + Send + 'a>>;

impl Tree {
    pub(super) fn new(store: Arc<dyn Store>, sealer: Sealer) -> Self {
        Self { store, sealer, remembered: Mutex::default() }
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn node(&self, id: u128) -> Result<Arc<Node>, TreeError> {
        if let Some(node) = self.remembered().get(id) {
            return Ok(node);
        }
        let row = self.store.load(kinds::EVIDENCE_NODE, Id(id)).await?.ok_or(TreeError::Moved)?;
        let node = self.opened(id, &row.record.state).map_err(|_| TreeError::Broken)?;
        let node = Arc::new(node);
        self.remembered().put(id, Arc::clone(&node));
        Ok(node)
    }

    fn opened(&self, id: u128, sealed: &[u8]) -> Result<Node, CodecError> {
        let clear = self.sealer.open(kinds::EVIDENCE_NODE, id, sealed)?;
        let mut r = Reader::new(&clear);
        let node = match r.u8("node")? {
            0 => Node::Leaf(r.seq("statements", FANOUT, Entry::read)?),
            1 => Node::Inner(r.seq("children", FANOUT, |r| {
                let key = RowKey { kind: r.u16("kind")?, id: r.u128("id")? };
                Ok((key, r.u128("child")?))
            })?),
            other => {
                return Err(CodecError::Unknown { what: "node", value: u64::from(other) });
            }
        };
        r.finish()?;
        Ok(node)
    }

    /// The sealed row of a node.
    pub(super) fn record(&self, id: u128, node: &Node) -> Record {
        let mut w = Writer::new();
        match node {
            Node::Leaf(entries) => {
                w.u8(0);
                w.seq(entries.iter(), |w, entry| entry.write(w));
            }
            Node::Inner(children) => {
                w.u8(1);
                w.seq(children.iter(), |w, (key, child)| {
                    w.u16(key.kind);
                    w.u128(key.id);
                    w.u128(*child);
                });
            }
        }
        self.sealer.record(kinds::EVIDENCE_NODE, id, &w.finish_hidden())
    }

    /// What the tree under `root` says about a row.
    pub(super) async fn get(
        &self,
        root: Option<u128>,
        key: RowKey,
    ) -> Result<Option<Entry>, TreeError> {
        let Some(mut at) = root else { return Ok(None) };
        loop {
            match &*self.node(at).await? {
                Node::Leaf(entries) => {
                    let found = entries.binary_search_by_key(&key, |entry| entry.key);
                    return Ok(found.ok().and_then(|at| entries.get(at)).copied());
                }
                Node::Inner(children) => {
                    let after = children.partition_point(|(first, _)| *first <= key);
                    let Some(child) = after.checked_sub(1).and_then(|at| children.get(at)) else {
                        return Ok(None);
                    };
                    at = child.1;
                }
            }
        }
    }

    /// Every statement of the tree about the rows after `after` and up to `until`, in their order.
    pub(super) async fn range(
        &self,
        root: Option<u128>,
        after: Option<RowKey>,
        until: RowKey,
    ) -> Result<Vec<Entry>, TreeError> {
        let mut found = Vec::new();
        let mut open: Vec<u128> = root.into_iter().collect();
        while let Some(at) = open.pop() {
            match &*self.node(at).await? {
                Node::Leaf(entries) => found.extend(
                    entries
                        .iter()
                        .filter(|it| after.is_none_or(|after| it.key > after) && it.key <= until),
                ),
                Node::Inner(children) => {
                    let from = after.map_or(0, |after| {
                        children.partition_point(|(first, _)| *first <= after).saturating_sub(1)
                    });
                    let to = children.partition_point(|(first, _)| *first <= until);
                    // The last is taken first from the end, so they are put there in reverse.
                    let within = children.get(from..to).unwrap_or_default();
                    open.extend(within.iter().rev().map(|(_, child)| *child));
                }
            }
        }
        Ok(found)
    }

    /// Computes the tree after `entries`, which are sorted, with one statement for each row. Nothing is saved here.
    pub(super) async fn merge(
        &self,
        root: Option<u128>,
        entries: &[Entry],
        generation: u64,
    ) -> Result<Change, TreeError> {
        let mut change = Change::default();
        let level = match root {
            Some(root) => self.merged(root, entries, generation, &mut change).await?,
            None => self.leaves(entries.to_vec(), &mut change),
        };
        change.root = self.rooted(level, &mut change);
        Ok(change)
    }

    /// Adds nodes above a level until a single node is left.
    pub(super) fn rooted(&self, mut level: Children, change: &mut Change) -> Option<u128> {
        while level.len() > 1 {
            level = self.inner(level, change);
        }
        level.pop().map(|(_, root)| root)
    }

    fn merged<'a>(
        &'a self,
        at: u128,
        entries: &'a [Entry],
        generation: u64,
        change: &'a mut Change,
    ) -> Merging<'a> {
        Box::pin(async move {
            let node = self.node(at).await?;
            if entries.is_empty() {
                return Err(TreeError::Broken);
            }
            change.gone.push(at);
            match &*node {
                Node::Leaf(old) => {
                    let (merged, forgotten) = merge_sorted(old, entries, generation);
                    change.forgotten = change.forgotten.max(forgotten);
                    Ok(self.leaves(merged, change))
                }
                Node::Inner(children) => {
                    let mut after = Vec::with_capacity(children.len());
                    let mut rest = entries;
                    for (n, (first, child)) in children.iter().enumerate() {
                        let next = children.get(n.saturating_add(1)).map(|(first, _)| *first);
                        let until = next.map_or(rest.len(), |next| {
                            rest.partition_point(|entry| entry.key < next)
                        });
                        let (mine, others) = rest.split_at_checked(until).unwrap_or((rest, &[]));
                        rest = others;
                        if mine.is_empty() {
                            after.push((*first, *child));
                        } else {
                            after.extend(self.merged(*child, mine, generation, change).await?);
                        }
                    }
                    Ok(self.inner(after, change))
                }
            }
        })
    }

    pub(super) fn leaves(&self, entries: Vec<Entry>, change: &mut Change) -> Children {
        let parts = evenly(entries, FANOUT);
        let first = |part: &Vec<Entry>| part.first().map(|entry| entry.key);
        self.written(parts, first, Node::Leaf, change)
    }

    fn inner(&self, children: Children, change: &mut Change) -> Children {
        let parts = evenly(children, FANOUT);
        let first = |part: &Children| part.first().map(|(key, _)| *key);
        self.written(parts, first, Node::Inner, change)
    }

    fn written<T>(
        &self,
        parts: Vec<Vec<T>>,
        first: impl Fn(&Vec<T>) -> Option<RowKey>,
        node: impl Fn(Vec<T>) -> Node,
        change: &mut Change,
    ) -> Children {
        let mut level = Vec::with_capacity(parts.len());
        for part in parts {
            let Some(first) = first(&part) else { continue };
            let id = u128::from_be_bytes(self.sealer.draw());
            change.fresh.push((id, Arc::new(node(part))));
            level.push((first, id));
        }
        level
    }

    /// Notes that a change was saved: its new nodes enter the cache, and those that they replace leave it.
    pub(super) fn saved(&self, change: &Change) {
        let mut remembered = self.remembered();
        change.gone.iter().for_each(|id| remembered.forget(*id));
        for (id, node) in &change.fresh {
            remembered.put(*id, Arc::clone(node));
        }
    }
}

/// Splits into as few parts as possible, of nearly equal size and at most `most` elements.
fn evenly<T>(all: Vec<T>, most: usize) -> Vec<Vec<T>> {
    let parts = all.len().div_ceil(most);
    if parts <= 1 {
        return if all.is_empty() { Vec::new() } else { vec![all] };
    }
    let each = all.len().div_ceil(parts);
    let mut split = Vec::with_capacity(parts);
    let mut rest = all.into_iter().peekable();
    while rest.peek().is_some() {
        split.push(rest.by_ref().take(each).collect());
    }
    split
}

/// The later statement about each row, without rows that were removed long ago; the second value is the largest tick
/// among those left out.
fn merge_sorted(old: &[Entry], new: &[Entry], generation: u64) -> (Vec<Entry>, u64) {
    let mut merged = Vec::with_capacity(old.len().saturating_add(new.len()));
    let mut forgotten = 0;
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let next = match (old.peek(), new.peek()) {
            (None, None) => return (merged, forgotten),
            (Some(_), None) => old.next(),
            (None, Some(_)) => new.next(),
            (Some(one), Some(other)) => match one.key.cmp(&other.key) {
                std::cmp::Ordering::Less => old.next(),
                std::cmp::Ordering::Greater => new.next(),
                std::cmp::Ordering::Equal => {
                    let (one, other) = (old.next(), new.next());
                    if one.map(|it| it.tick) > other.map(|it| it.tick) { one } else { other }
                }
            },
        };
        match next {
            Some(entry) if is_forgotten(entry, generation) => {
                forgotten = forgotten.max(entry.tick);
            }
            Some(entry) => merged.push(*entry),
            None => {}
        }
    }
}

fn is_forgotten(entry: &Entry, generation: u64) -> bool {
    entry.fact.is_absent() && generation.saturating_sub(gone_in(entry.fact)) > GONE_KEPT
}

/// The generation in which a row was noted as removed.
pub(super) fn gone_in(fact: Fact) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = fact.mark;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The statement that a row was removed, noted in this generation.
pub(super) fn gone(generation: u64) -> Fact {
    let mut fact = Fact::ABSENT;
    fact.mark.iter_mut().zip(generation.to_be_bytes()).for_each(|(to, from)| *to = from);
    fact
}

const _: () = assert!(leaf_bytes(FANOUT) < 4_096, "a node fits its share of the memory");
