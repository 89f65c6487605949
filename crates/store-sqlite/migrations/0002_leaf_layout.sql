-- What the leaf of a journal row is hashed over: 1 for the rows that are there, 2 for all that come.

ALTER TABLE journal ADD COLUMN layout INTEGER NOT NULL DEFAULT 1;

DROP TRIGGER journal_keeps_its_entries;

CREATE TRIGGER journal_keeps_its_entries BEFORE UPDATE ON journal
WHEN OLD.position IS NOT NULL
    OR NEW.seq <> OLD.seq
    OR NEW.id <> OLD.id
    OR NEW.subject <> OLD.subject
    OR NEW.coarse <> OLD.coarse
    OR NEW.salt <> OLD.salt
    OR NEW.ciphertext <> OLD.ciphertext
    OR NEW.committed_at <> OLD.committed_at
    OR NEW.layout <> OLD.layout
BEGIN
    SELECT RAISE(ABORT, 'a journal row is never changed');
END;
