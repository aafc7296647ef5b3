"""Records under a tree that is signed, answers sealed beside them.

A record is now a few hundred bytes that hold nothing personal. It is kept with the hashes of the subtrees that it
completes, its own leaf first, so that a proof reads about as many rows as the tree is high; the head keeps the hashes
that the next record needs. What is personal is in boxes, `contents` and `summary_box`, under keys that PostgreSQL never
sees: a row that is deleted stays in the write-ahead log and in backups, and only its key can be destroyed.

Answers of the first schema keep their indexes and are sealed; their records, and so the digests of their receipts, are
new. The tables that held them in the clear are dropped. What PostgreSQL's write-ahead log and older backups have of
them is recycled or thrown away with those.
"""

import sqlalchemy
from alembic import context, op

from groundwire.proofs import merkle, tree

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DROP INDEX answers_by_image, answers_by_trace")
    op.execute("ALTER TABLE records RENAME TO old_records")
    op.execute("ALTER TABLE answers RENAME TO old_answers")
    op.execute("ALTER TABLE log_head ADD COLUMN frontier bytea NOT NULL DEFAULT ''")
    _create_tables()
    _seal_old_answers()
    op.execute("DROP TABLE old_answers")
    op.execute("DROP TABLE old_records")


def _create_tables() -> None:
    op.execute("""
        CREATE TABLE records (
            index bigint PRIMARY KEY CHECK (index >= 0),
            kind text NOT NULL,
            digest bytea NOT NULL CHECK (octet_length(digest) = 32),
            record bytea NOT NULL,
            nodes bytea NOT NULL CHECK (octet_length(nodes) > 0 AND octet_length(nodes) % 32 = 0),
            append_time timestamptz NOT NULL DEFAULT clock_timestamp()
        )
    """)
    op.execute("""
        CREATE TABLE answers (
            answer_id uuid PRIMARY KEY,
            record_index bigint NOT NULL UNIQUE REFERENCES records (index),
            create_time timestamptz NOT NULL,
            verdicts smallint[] NOT NULL,
            abstention_count integer NOT NULL,
            trace_id text NOT NULL,
            key text,
            fingerprint bytea,
            image_tag bytea,
            summary_box bytea,
            erased_by bigint REFERENCES records (index),
            CHECK ((erased_by IS NULL) = (num_nulls(key, fingerprint, image_tag, summary_box) = 0)),
            CHECK ((erased_by IS NOT NULL) = (num_nonnulls(key, fingerprint, image_tag, summary_box) = 0))
        )
    """)
    op.execute("CREATE INDEX answers_by_image ON answers (image_tag)")
    op.execute("CREATE INDEX answers_by_trace ON answers (trace_id)")
    op.execute("CREATE TABLE contents (record_index bigint PRIMARY KEY REFERENCES records (index), box bytea NOT NULL)")
    # What is encrypted does not compress.
    op.execute("ALTER TABLE contents ALTER COLUMN box SET STORAGE EXTERNAL")
    op.execute("CREATE TABLE doomed_keys (key text PRIMARY KEY)")
    op.execute("""
        CREATE TABLE checkpoints (
            size bigint PRIMARY KEY CHECK (size > 0),
            note text NOT NULL,
            copied boolean NOT NULL DEFAULT false,
            sign_time timestamptz NOT NULL DEFAULT clock_timestamp()
        )
    """)
    op.execute("CREATE INDEX checkpoints_to_copy ON checkpoints (size) WHERE NOT copied")


def _seal_old_answers() -> None:
    """Seal the answers that are there already, one at a time: they may be many, and large."""
    connection = op.get_bind()
    seal = context.config.attributes["seal"]
    size = connection.execute(sqlalchemy.text("SELECT next_index FROM log_head")).scalar_one()
    frontier: list[bytes] = []
    for index in range(size):
        content = connection.execute(
            sqlalchemy.text("SELECT content FROM old_records WHERE index = :index"), {"index": index}
        ).scalar_one()
        sealed = seal(content)
        frontier, completed = tree.append(frontier, index, merkle.leaf_hash(sealed.record))
        connection.execute(_RECORD, {"index": index, "record": sealed.record, "nodes": b"".join(completed)})
        connection.execute(
            _ANSWER,
            {
                "index": index,
                "key": sealed.content.key,
                "fingerprint": sealed.fingerprint,
                "image_tag": sealed.image_tag,
                "summary_box": sealed.summary.content,
            },
        )
        connection.execute(_CONTENT, {"index": index, "box": sealed.content.content})
    connection.execute(sqlalchemy.text("UPDATE log_head SET frontier = :frontier"), {"frontier": b"".join(frontier)})


_RECORD = sqlalchemy.text("""
    INSERT INTO records (index, kind, digest, record, nodes, append_time)
    SELECT index, kind, sha256(:record), :record, :nodes, append_time FROM old_records WHERE index = :index
""")
_ANSWER = sqlalchemy.text("""
    INSERT INTO answers (answer_id, record_index, create_time, verdicts, abstention_count, trace_id,
                         key, fingerprint, image_tag, summary_box)
    SELECT answer_id, record_index, create_time, verdicts, abstention_count, trace_id,
           :key, :fingerprint, :image_tag, :summary_box
    FROM old_answers WHERE record_index = :index
""")
_CONTENT = sqlalchemy.text("INSERT INTO contents (record_index, box) VALUES (:index, :box)")


def downgrade() -> None:
    """A log is not thrown away."""
    msg = "the log cannot be taken back; restore a backup"
    raise RuntimeError(msg)
