//! `genvej audit`: recomputes the chain and the log of the journal, compares every row with the evidence about it, and
//! makes and checks proofs for others.

mod log;
mod read;

use self::log::Wanted;
use super::{Failed, block_on, say};
use audit::Checkpoint;
use audit::note::{Algorithm, Note, SignerKey};
use audit::proof::SignedCheckpoint;
use clap::Subcommand;
use server::backend::{self, Database};
use server::checkpoint_file::{self, CheckpointFile};
use server::key_file::KeyFile;
use server::receipts::ReceiptFiles;
use server::system::{SystemClock, SystemRandom};
use server::{Config, Random, StoreLock};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::keeper::{KeptStore, Known, RandomBytes};
use store::keys::Keys;
use store::log::{LogRows, Recount};
use store::{JournalRow, Store};

/// The tamper-evident journal.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Recomputes every leaf, the chain and the log of hashes, compares them with the checkpoint that the server keeps and with
    /// the one that it published, and every row of the database with the evidence about it.
    Verify {
        /// Another checkpoint that was kept outside the database, in the place of the server's; or a published one of the log,
        /// beside it.
        #[arg(long)]
        checkpoint: Option<PathBuf>,
    },
    /// Prints the checkpoint as of now, to be kept outside the database.
    Checkpoint {
        /// Keeps it in the file of the configuration too, as the running server does.
        #[arg(long)]
        keep: bool,
    },
    /// Prints the public key that the checkpoints of the log of hashes are signed with.
    Key,
    /// Prints a proof that stands by itself: that an entry of the journal is in the published log (C2SP tlog-proof), or that the
    /// log goes on from an older checkpoint of it.
    Prove {
        /// The entry, by its position; the first is 0.
        #[arg(long)]
        position: Option<u64>,
        /// The entry, by the id of its row.
        #[arg(long, value_parser = hex_id, conflicts_with = "position")]
        entry: Option<u128>,
        /// An older checkpoint of the log.
        #[arg(long, conflicts_with_all = ["position", "entry"])]
        from: Option<PathBuf>,
    },
    /// Writes the published log to a folder: checkpoint, tiles and entries, which are hashes alone. It can be checked there
    /// without the service, and served as it lies.
    Export {
        /// The folder.
        folder: PathBuf,
    },
    /// Checks a proof or an exported folder, without the service and its configuration.
    Check {
        /// The file or folder.
        path: PathBuf,
        /// The public key of the log.
        #[arg(long)]
        key: String,
        /// An older checkpoint of the log, from which it must go on.
        #[arg(long)]
        from: Option<PathBuf>,
    },
    /// Prints entries of the journal in clear: whose, what, why and by whom. Who reads and why is journalled first; an entry is
    /// shown a day after the event at the earliest.
    Read(read::Read),
    /// Says that a database which was set back or changed is the newest there is: the server starts again, and the journal
    /// keeps that it was said. Counters and codes are as they stand: whom that may help is yours to judge. Not beside a server.
    AcceptRestore,
}

/// The database that the command works on, with the keys and the store over it.
struct House<'a> {
    config: &'a Config,
    keys: Arc<Keys>,
    database: Arc<Database>,
    store: Arc<dyn Store>,
}

/// The checkpoints that a journal is compared with.
struct Given {
    /// A checkpoint of the chain.
    of_chain: Option<Checkpoint>,
    /// A published checkpoint of the log of hashes.
    of_log: Option<SignedCheckpoint>,
}

impl Audit {
    pub(super) fn run(self, config: impl FnOnce() -> Result<Config, Failed>) -> Result<(), Failed> {
        if let Self::Check { path, key, from } = &self {
            return log::check(path, key, from.as_deref());
        }
        let config = &config()?;
        if let Self::Read(read) = self {
            return read.run(config);
        }
        let keys = KeyFile::read(&config.keys.file)?.keys;
        if matches!(self, Self::AcceptRestore) {
            return accept_restore(config, &keys);
        }
        let database = Arc::new(backend::open(config)?);
        let store = Arc::clone(&database) as Arc<dyn Store>;
        let house = House { config, keys, database, store };
        let outcome = block_on(async {
            match self {
                Self::Verify { checkpoint } => house.verify(checkpoint.as_deref()).await,
                Self::Checkpoint { keep } => house.checkpoint(keep).await,
                Self::Key => house.print_log_key(),
                Self::Prove { from: Some(older), .. } => house.prove_from(&older).await,
                Self::Prove { position: Some(position), .. } => {
                    house.prove_entry(Wanted::Position(position)).await
                }
                Self::Prove { entry: Some(id), .. } => house.prove_entry(Wanted::Id(id)).await,
                Self::Prove { .. } => Err("name --position, --entry or --from".into()),
                Self::Export { folder } => house.export(&folder).await,
                Self::AcceptRestore | Self::Check { .. } | Self::Read(_) => Ok(()),
            }
        });
        house.database.close();
        outcome
    }
}

impl House<'_> {
    /// Orders the rows that were committed and are not in the journal's chain yet, so that the check sees all of them.
    async fn place(&self) -> Result<(), Failed> {
        while !self.store.journal_waiting(1).await?.is_empty() {
            store::sequencer::extend(&*self.store, 10_000).await?;
        }
        Ok(())
    }

    /// The key that signs the checkpoints of the log.
    fn log_key(&self) -> Result<SignerKey, Failed> {
        let epoch = self.config.epoch().read(&self.keys)?.unwrap_or(1);
        let name = self.config.log_name(epoch);
        service::log::key(&self.keys, &name)
            .ok_or_else(|| format!("{name} cannot be the name of a log").into())
    }

    fn log(&self) -> LogRows<'_> {
        LogRows::new(&*self.store, &self.keys)
    }

    async fn verify(&self, given: Option<&Path>) -> Result<(), Failed> {
        let file = self.config.checkpoint(&self.keys);
        let kept = self.kept(&file, given).await?;
        self.place().await?;
        let announces = |row: &JournalRow| {
            service::journal::open_of_service(&self.keys, row)
                .is_ok_and(|entry| entry.code == "epoch-begun")
        };
        let log = self.log();
        let published = log.published(&self.log_key()?).await?;
        let heads: Vec<audit::Head> =
            published.iter().chain(&kept.of_log).map(SignedCheckpoint::head).collect();
        let mut recount = Recount::new(log.state().await?, heads.iter().map(|head| head.size));
        let end = store::sequencer::verify_announced(
            &*self.store,
            kept.of_chain.as_ref(),
            announces,
            |leaf| recount.leaf(leaf),
        )
        .await?;
        say(format_args!(
            "the journal verifies: {} rows, head {}",
            end.size,
            hex::encode(end.head)
        ));
        heads.into_iter().try_for_each(|head| recount.check(head))?;
        let tiles = recount.check_tiles(&log).await?;
        let published = published.map_or_else(
            || "nothing is published yet".to_owned(),
            |it| format!("the first {} are published", it.head().size),
        );
        say(format_args!(
            "the log of hashes verifies: {tiles} tiles, root {}; {published}",
            hex::encode(recount.head().hash)
        ));
        let rows = self.walk(kept.of_chain.as_ref()).await?;
        say(format_args!("the database stands: {rows} rows are what was saved last"));
        Ok(())
    }

    /// The checkpoint that the server keeps, and the one that was given.
    async fn kept(&self, file: &CheckpointFile, given: Option<&Path>) -> Result<Given, Failed> {
        file.check(&*self.store).await?;
        let own = |of_log| Ok(Given { of_chain: file.read()?, of_log });
        let Some(path) = given else { return own(None) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let key = self.log_key()?.verifier(Algorithm::Ed25519);
        if let Some(signed) =
            Note::parse(&text).ok().and_then(|note| SignedCheckpoint::check(note, &key).ok())
        {
            return own(Some(signed));
        }
        match checkpoint_file::read(path, &self.keys) {
            Ok(of_chain) => Ok(Given { of_chain, of_log: None }),
            Err(checkpoint_file::KeepError::NotAuthentic { .. }) => {
                let kept = Checkpoint::parse(&text)?;
                say(
                    "the checkpoint that was given carries no authentication: it counts as far as you trust where it was kept",
                );
                Ok(Given { of_chain: Some(kept), of_log: None })
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Compares every row with the evidence, and the evidence with the checkpoint.
    async fn walk(&self, kept: Option<&Checkpoint>) -> Result<u64, Failed> {
        let mark = self.config.epoch();
        let epoch =
            mark.read(&self.keys)?.ok_or("no evidence is kept yet: run `genvej migrate`")?;
        let path = self.config.checkpoint_path();
        let (own, receipts) = ReceiptFiles::open(&path, epoch, 0)?;
        own.remove();
        let anchor = kept.and_then(checkpoint_file::anchor);
        let random: RandomBytes = Arc::new(|buffer: &mut [u8]| SystemRandom.fill(buffer));
        let known = Known { epoch, anchor, receipts };
        let kept = KeptStore::new(Arc::clone(&self.store), &self.keys, random, known, None);
        let walked = kept.walk().await?;
        if walked.suspects.is_empty() {
            return Ok(walked.rows);
        }
        for suspect in &walked.suspects {
            let kind = suspect.kind.code();
            say(format_args!("kind {kind}, id {}: {}", suspect.id, suspect.finding));
        }
        Err(format!("{} rows are not what was saved last", walked.suspects.len()).into())
    }

    async fn checkpoint(&self, keep: bool) -> Result<(), Failed> {
        self.place().await?;
        let file = self.config.checkpoint(&self.keys);
        file.check(&*self.store).await?;
        let kept = file.read()?;
        let anchor = kept.as_ref().and_then(checkpoint_file::anchor);
        if keep {
            file.keep(&*self.store, anchor).await?;
        }
        let end = self.store.journal_chain().await?;
        let origin = self.config.sites.public.0.authority().to_owned();
        let mut checkpoint = Checkpoint::new(&origin, end.into())?;
        if let Some(evidence) = kept.and_then(|kept| kept.evidence()) {
            checkpoint = checkpoint.with_evidence(evidence);
        }
        say(file.signed(&checkpoint).trim_end());
        Ok(())
    }
}

fn hex_id(text: &str) -> Result<u128, String> {
    service::id(text).ok_or_else(|| "an id is 32 hexadecimal digits".to_owned())
}

fn accept_restore(config: &Config, keys: &Arc<Keys>) -> Result<(), Failed> {
    // Rows are not taken for the newest under a server that works on them.
    let _lock = StoreLock::of(config)?;
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let accepted =
        block_on(async { Ok(server::accept_restore(config, keys, &SystemClock, &random).await?) })?;
    let aside = accepted.aside.map_or_else(
        || "there was no checkpoint".to_owned(),
        |path| format!("the old checkpoint is {}", path.display()),
    );
    say(format_args!(
        "accepted: the journal had {} rows and has {}; {aside}",
        accepted.kept, accepted.rows
    ));
    match accepted.begun {
        Some(begun) => say(format_args!(
            "epoch {} begins with {} rows; copy {} to the other servers of this database, or run this there too",
            begun.epoch,
            begun.rows,
            config.epoch().path().display()
        )),
        None => say("another server has accepted it before, and this one follows"),
    }
    Ok(())
}
