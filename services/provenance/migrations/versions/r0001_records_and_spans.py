"""The log, what finds answers in it, and spans.

`records` is the log: opaque bytes under a dense index, whatever kind of record they are. `answers` is read out of the
bytes, and can be read out again; `spans` comes and goes.
"""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE records (
            index bigint PRIMARY KEY CHECK (index >= 0),
            kind text NOT NULL,
            digest bytea NOT NULL CHECK (octet_length(digest) = 32),
            content bytea NOT NULL,
            append_time timestamptz NOT NULL DEFAULT clock_timestamp()
        )
    """)
    # One row. Whoever appends holds it until the commit, so indexes are given in the order of commits, without gaps.
    op.execute("""
        CREATE TABLE log_head (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            next_index bigint NOT NULL DEFAULT 0
        )
    """)
    op.execute("INSERT INTO log_head DEFAULT VALUES")
    op.execute("""
        CREATE TABLE answers (
            answer_id uuid PRIMARY KEY,
            record_index bigint NOT NULL UNIQUE REFERENCES records (index),
            question text NOT NULL,
            image_digest text NOT NULL,
            create_time timestamptz NOT NULL,
            verdicts smallint[] NOT NULL,
            abstention_count integer NOT NULL,
            trace_id text NOT NULL
        )
    """)
    op.execute("CREATE INDEX answers_by_image ON answers (image_digest)")
    op.execute("CREATE INDEX answers_by_trace ON answers (trace_id)")
    op.execute("""
        CREATE TABLE spans (
            trace_id text NOT NULL,
            span_id text NOT NULL,
            parent_span_id text NOT NULL,
            name text NOT NULL,
            service text NOT NULL,
            start_ns bigint NOT NULL,
            duration_ns bigint NOT NULL,
            attributes jsonb NOT NULL,
            links jsonb NOT NULL,
            error text NOT NULL,
            arrival bigint GENERATED ALWAYS AS IDENTITY,
            arrival_time timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (trace_id, span_id)
        )
    """)
    # What is dropped first came first.
    op.execute("CREATE UNIQUE INDEX spans_by_arrival ON spans (arrival)")
    op.execute("CREATE INDEX spans_by_arrival_time ON spans (arrival_time)")


def downgrade() -> None:
    """A log is not thrown away."""
    msg = "the log cannot be taken back; restore a backup"
    raise RuntimeError(msg)
