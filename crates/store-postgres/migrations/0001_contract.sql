-- The storage contract: rows, look-ups, outbox, journal, and what the store knows about itself.
-- Ids and keys are big-endian bytes, so that their order is that of the numbers.

CREATE TABLE aggregate (
    kind     INTEGER NOT NULL,
    id       BYTEA   NOT NULL CHECK (octet_length(id) = 16),
    version  BIGINT  NOT NULL CHECK (version > 0),
    schema   INTEGER NOT NULL,
    state    BYTEA   NOT NULL,
    deadline BIGINT,
    PRIMARY KEY (kind, id)
);

CREATE INDEX aggregate_deadline ON aggregate (kind, deadline, id) WHERE deadline IS NOT NULL;

CREATE TABLE lookup (
    kind      INTEGER NOT NULL,
    idx       INTEGER NOT NULL,
    key       BYTEA   NOT NULL CHECK (octet_length(key) = 32),
    id        BYTEA   NOT NULL CHECK (octet_length(id) = 16),
    is_unique BOOLEAN NOT NULL,
    PRIMARY KEY (kind, idx, key, id)
);

CREATE UNIQUE INDEX lookup_unique ON lookup (kind, idx, key) WHERE is_unique;
CREATE INDEX lookup_of_row ON lookup (kind, id);

CREATE TABLE outbox (
    owner        BYTEA   NOT NULL CHECK (octet_length(owner) = 16),
    version      BIGINT  NOT NULL,
    idx          INTEGER NOT NULL,
    effect       INTEGER NOT NULL,
    person       BYTEA   NOT NULL CHECK (octet_length(person) = 16),
    payload      BYTEA   NOT NULL,
    not_before   BIGINT  NOT NULL,
    expires_at   BIGINT,
    attempts     BIGINT  NOT NULL DEFAULT 0,
    leased_until BIGINT,
    PRIMARY KEY (owner, version, idx)
);

CREATE INDEX outbox_next ON outbox (not_before);
CREATE INDEX outbox_person ON outbox (person);
CREATE INDEX outbox_expiry ON outbox (expires_at) WHERE expires_at IS NOT NULL;

-- seq counts the rows in the order of their commits, without a gap: it is taken from the count in `itself`, under the lock
-- of that row. A sequence of the server would count in another order than that of the commits, and leave gaps.
CREATE TABLE journal (
    seq          BIGINT  PRIMARY KEY,
    id           BYTEA   NOT NULL UNIQUE CHECK (octet_length(id) = 16),
    subject      BYTEA   NOT NULL CHECK (octet_length(subject) = 16),
    coarse       INTEGER NOT NULL,
    salt         BYTEA   NOT NULL CHECK (octet_length(salt) = 32),
    ciphertext   BYTEA   NOT NULL,
    committed_at BIGINT  NOT NULL,
    position     BIGINT  UNIQUE,
    head         BYTEA   CHECK (head IS NULL OR octet_length(head) = 32),
    CHECK ((position IS NULL) = (head IS NULL))
);

CREATE INDEX journal_waiting ON journal (seq) WHERE position IS NULL;
CREATE INDEX journal_subject ON journal (subject, seq);

-- The journal only grows: an entry never changes, and a row gets its place once.
CREATE FUNCTION journal_keeps_its_rows() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a journal row is never deleted';
END
$$;

CREATE TRIGGER journal_keeps_its_rows BEFORE DELETE ON journal
FOR EACH ROW EXECUTE FUNCTION journal_keeps_its_rows();

CREATE FUNCTION journal_keeps_its_entries() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.position IS NOT NULL
        OR NEW.seq <> OLD.seq
        OR NEW.id <> OLD.id
        OR NEW.subject <> OLD.subject
        OR NEW.coarse <> OLD.coarse
        OR NEW.salt <> OLD.salt
        OR NEW.ciphertext <> OLD.ciphertext
        OR NEW.committed_at <> OLD.committed_at
    THEN
        RAISE EXCEPTION 'a journal row is never changed';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER journal_keeps_its_entries BEFORE UPDATE ON journal
FOR EACH ROW EXECUTE FUNCTION journal_keeps_its_entries();

-- groups counts the commits of all servers: one that finds fewer than it has made stands before a database that was set back.
CREATE TABLE itself (
    one            INTEGER PRIMARY KEY CHECK (one = 1),
    last_committed BIGINT,
    chain_size     BIGINT  NOT NULL,
    chain_head     BYTEA   NOT NULL CHECK (octet_length(chain_head) = 32),
    journal_rows   BIGINT  NOT NULL,
    groups         BIGINT  NOT NULL
);

INSERT INTO itself (one, last_committed, chain_size, chain_head, journal_rows, groups)
VALUES (1, NULL, 0, decode(repeat('00', 32), 'hex'), 0, 0);
