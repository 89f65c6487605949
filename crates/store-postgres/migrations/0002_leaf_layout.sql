-- What the leaf of a journal row is hashed over: 1 for the rows that are there, 2 for all that come.

ALTER TABLE journal ADD COLUMN layout INTEGER NOT NULL DEFAULT 1;

CREATE OR REPLACE FUNCTION journal_keeps_its_entries() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.position IS NOT NULL
        OR NEW.seq <> OLD.seq
        OR NEW.id <> OLD.id
        OR NEW.subject <> OLD.subject
        OR NEW.coarse <> OLD.coarse
        OR NEW.salt <> OLD.salt
        OR NEW.ciphertext <> OLD.ciphertext
        OR NEW.committed_at <> OLD.committed_at
        OR NEW.layout <> OLD.layout
    THEN
        RAISE EXCEPTION 'a journal row is never changed';
    END IF;
    RETURN NEW;
END
$$;
