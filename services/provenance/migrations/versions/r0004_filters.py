"""Indexes for what lists are filtered by, so that few answers among a million are found without reading all of them.

A list goes from the newest answer down. Where many agree with a filter, its first page is soon full; where few do,
PostgreSQL now starts from those few. What most answers have in common is left out of the indexes, so that recording
costs little more. Making them takes seconds for a million answers, and nothing is recorded meanwhile.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # Few combinations of models occur, each of them often, and an index keeps equal keys once.
    op.execute("CREATE INDEX answers_by_models ON answers (tenant, models)")
    op.execute("CREATE INDEX answers_contradicted ON answers (tenant, record_index) WHERE verdicts @> '{2}'")
    op.execute("CREATE INDEX answers_unverified ON answers (tenant, record_index) WHERE verdicts @> '{3}'")
    op.execute("CREATE INDEX answers_degraded ON answers (tenant, record_index) WHERE degradations <> '{}'")
    op.execute("CREATE INDEX answers_reviewed ON answers (tenant, review_state, record_index) WHERE review_state <> 1")
    op.execute("CREATE INDEX answers_by_latency ON answers (tenant, latency)")


def downgrade() -> None:
    """A log is not thrown away."""
    msg = "the log cannot be taken back; restore a backup"
    raise RuntimeError(msg)
