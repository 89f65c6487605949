-- The storage contract: rows, look-ups, outbox, journal, and what the store knows about itself.
-- Ids and keys are big-endian blobs, so that their order is that of the numbers.

CREATE TABLE aggregate (
    kind     INTEGER NOT NULL,
    id       BLOB    NOT NULL CHECK (length(id) = 16),
    version  INTEGER NOT NULL CHECK (version > 0),
    schema   INTEGER NOT NULL,
    state    BLOB    NOT NULL,
    deadline INTEGER,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX aggregate_deadline ON aggregate (kind, deadline, id) WHERE deadline IS NOT NULL;

CREATE TABLE lookup (
    kind      INTEGER NOT NULL,
    idx       INTEGER NOT NULL,
    key       BLOB    NOT NULL CHECK (length(key) = 32),
    id        BLOB    NOT NULL CHECK (length(id) = 16),
    is_unique INTEGER NOT NULL CHECK (is_unique IN (0, 1)),
    PRIMARY KEY (kind, idx, key, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX lookup_unique ON lookup (kind, idx, key) WHERE is_unique = 1;
CREATE INDEX lookup_of_row ON lookup (kind, id);

CREATE TABLE outbox (
    owner        BLOB    NOT NULL CHECK (length(owner) = 16),
    version      INTEGER NOT NULL,
    idx          INTEGER NOT NULL,
    effect       INTEGER NOT NULL,
    person       BLOB    NOT NULL CHECK (length(person) = 16),
    payload      BLOB    NOT NULL,
    not_before   INTEGER NOT NULL,
    expires_at   INTEGER,
    attempts     INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER,
    PRIMARY KEY (owner, version, idx)
) STRICT;

CREATE INDEX outbox_next ON outbox (not_before);
CREATE INDEX outbox_person ON outbox (person);
CREATE INDEX outbox_expiry ON outbox (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE journal (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    subject      BLOB    NOT NULL CHECK (length(subject) = 16),
    coarse       INTEGER NOT NULL,
    salt         BLOB    NOT NULL CHECK (length(salt) = 32),
    ciphertext   BLOB    NOT NULL,
    committed_at INTEGER NOT NULL,
    position     INTEGER UNIQUE,
    head         BLOB    CHECK (head IS NULL OR length(head) = 32),
    CHECK ((position IS NULL) = (head IS NULL))
) STRICT;

CREATE INDEX journal_waiting ON journal (seq) WHERE position IS NULL;
CREATE INDEX journal_subject ON journal (subject, seq);

-- The journal only grows: an entry never changes, and a row gets its place once.
CREATE TRIGGER journal_keeps_its_rows BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'a journal row is never deleted');
END;

CREATE TRIGGER journal_keeps_its_entries BEFORE UPDATE ON journal
WHEN OLD.position IS NOT NULL
    OR NEW.seq <> OLD.seq
    OR NEW.id <> OLD.id
    OR NEW.subject <> OLD.subject
    OR NEW.coarse <> OLD.coarse
    OR NEW.salt <> OLD.salt
    OR NEW.ciphertext <> OLD.ciphertext
    OR NEW.committed_at <> OLD.committed_at
BEGIN
    SELECT RAISE(ABORT, 'a journal row is never changed');
END;

CREATE TABLE itself (
    one            INTEGER PRIMARY KEY CHECK (one = 1),
    last_committed INTEGER,
    chain_size     INTEGER NOT NULL,
    chain_head     BLOB    NOT NULL CHECK (length(chain_head) = 32)
) STRICT;

INSERT INTO itself (one, last_committed, chain_size, chain_head) VALUES (1, NULL, 0, zeroblob(32));
