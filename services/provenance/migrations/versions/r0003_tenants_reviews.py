"""Tenants, reviews, answers without contents, and what answers are searched by.

Answers that are there already are the default tenant's. What they are searched by is read out of their contents by the
service itself, some at a time, once it runs: `is_indexed` tells which are left.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE answers
            ADD COLUMN tenant text NOT NULL DEFAULT 'default',
            ADD COLUMN is_stored boolean NOT NULL DEFAULT true,
            ADD COLUMN is_indexed boolean NOT NULL DEFAULT false,
            ADD COLUMN models text[] NOT NULL DEFAULT '{}',
            ADD COLUMN degradations smallint[] NOT NULL DEFAULT '{}',
            ADD COLUMN latency interval NOT NULL DEFAULT '0',
            ADD COLUMN review_state smallint NOT NULL DEFAULT 1,
            DROP CONSTRAINT answers_check,
            DROP CONSTRAINT answers_check1,
            ADD CONSTRAINT tags_until_erased
                CHECK (num_nonnulls(fingerprint, image_tag) = CASE WHEN erased_by IS NULL THEN 2 ELSE 0 END),
            ADD CONSTRAINT boxes_while_stored
                CHECK (num_nonnulls(key, summary_box) = CASE WHEN is_stored AND erased_by IS NULL THEN 2 ELSE 0 END)
    """)
    op.execute("CREATE INDEX answers_by_tenant ON answers (tenant, record_index)")
    op.execute("CREATE INDEX answers_by_time ON answers (tenant, create_time)")
    op.execute("CREATE INDEX answers_to_index ON answers (record_index) WHERE NOT is_indexed")
    op.execute("""
        CREATE TABLE reviews (
            record_index bigint PRIMARY KEY REFERENCES records (index),
            answer_id uuid NOT NULL REFERENCES answers (answer_id),
            claim_id text NOT NULL,
            judgement smallint NOT NULL,
            create_time timestamptz NOT NULL,
            key text,
            box bytea,
            erased_by bigint REFERENCES records (index),
            CHECK ((key IS NULL) = (box IS NULL)),
            CHECK (box IS NULL OR erased_by IS NULL)
        )
    """)
    op.execute("CREATE INDEX reviews_by_answer ON reviews (answer_id, record_index)")
    # Which image a trace was about is no longer kept beside it in the clear.
    op.execute("UPDATE spans SET attributes = attributes - 'groundwire.image.digest'")


def downgrade() -> None:
    """A log is not thrown away."""
    msg = "the log cannot be taken back; restore a backup"
    raise RuntimeError(msg)
