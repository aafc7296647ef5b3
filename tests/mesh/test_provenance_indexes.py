"""Lists among many answers: PostgreSQL finds the few that agree with a filter by the index that is made for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from services.common.claims import Verdict
from services.provenance import migrate
from services.provenance.core.filters import AnswerFilter
from services.provenance.core.records import DEFAULT_TENANT
from services.provenance.core.reviews import ReviewState
from services.provenance.postgres import Limits, open_database
from services.provenance.postgres.filtering import MODEL_SETS, conditions, with_model
from tests.mesh.embedded_postgres import embedded_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWERS = 20_000
OLD = 100
RARE = 5000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

_RECORDS = """
    INSERT INTO records (index, kind, digest, record, nodes)
    SELECT i, 'answer', sha256(i::text::bytea), 'record', sha256(i::text::bytea) FROM generate_series(0, %s) AS i
"""
_ANSWERS = """
    INSERT INTO answers (answer_id, record_index, create_time, verdicts, abstention_count, trace_id, tenant, models,
                         degradations, latency, review_state, is_indexed, key, fingerprint, image_tag, summary_box)
    SELECT gen_random_uuid(), i, %(begin)s::timestamptz + i * interval '1 second',
           CASE i %% %(rare)s WHEN 17 THEN '{2}' WHEN 18 THEN '{1,3}' ELSE '{1}' END::smallint[], 0, md5(i::text),
           'default', CASE WHEN i < %(old)s THEN '{read_text@1,rules}' ELSE '{read_text@2,rules}' END::text[],
           CASE i %% %(rare)s WHEN 19 THEN '{1}' ELSE '{}' END::smallint[],
           CASE i %% %(rare)s WHEN 20 THEN interval '1 minute' ELSE interval '1 ms' * (i %% 1000) END,
           CASE i %% %(rare)s WHEN 21 THEN 3 ELSE 1 END, true, 'key', 'fingerprint', sha256((i / 4)::text::bytea), 'box'
    FROM generate_series(0, %(last)s) AS i
"""


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    with embedded_postgres() as server:
        dsn = server.new_database()
        migrate.upgrade(dsn)
        with psycopg.connect(dsn) as connection:
            connection.execute(_RECORDS, (ANSWERS - 1,))
            facts = {"begin": BEGIN, "rare": RARE, "old": OLD, "last": ANSWERS - 1}
            connection.execute(_ANSWERS, facts)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        yield dsn


FEW = {
    "answers_contradicted": AnswerFilter(DEFAULT_TENANT, verdicts=(Verdict.CONTRADICTED,)),
    "answers_unverified": AnswerFilter(DEFAULT_TENANT, verdicts=(Verdict.UNVERIFIED,)),
    "answers_degraded": AnswerFilter(DEFAULT_TENANT, degradations=(1,)),
    "answers_by_models": AnswerFilter(DEFAULT_TENANT, model="read_text@1"),
    "answers_reviewed": AnswerFilter(DEFAULT_TENANT, review_state=ReviewState.WRONG),
    "answers_by_latency": AnswerFilter(DEFAULT_TENANT, min_latency=timedelta(seconds=30)),
    "answers_by_time": AnswerFilter(DEFAULT_TENANT, until=BEGIN + timedelta(seconds=20)),
}


@pytest.mark.parametrize("index", FEW)
def test_the_few_answers_that_agree_are_found_by_their_index(dsn: str, index: str) -> None:
    wanted = FEW[index]
    with psycopg.connect(dsn) as connection:
        sets = [models for (models,) in connection.execute(MODEL_SETS, {"tenant": DEFAULT_TENANT})]
        assert sets == [["read_text@1", "rules"], ["read_text@2", "rules"]]
        said, facts = conditions(wanted, None, with_model(wanted.model, sets))
        query = f"EXPLAIN SELECT * FROM answers WHERE {' AND '.join(said)} ORDER BY record_index DESC LIMIT 51"  # noqa: S608
        plan = "\n".join(line for (line,) in connection.execute(query.encode(), facts))
    assert f" {index} " in plan, plan


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (AnswerFilter(DEFAULT_TENANT, verdicts=(Verdict.CONTRADICTED,)), ANSWERS // RARE),
        (AnswerFilter(DEFAULT_TENANT, verdicts=(Verdict.CONTRADICTED, Verdict.UNVERIFIED)), 2 * ANSWERS // RARE),
        (AnswerFilter(DEFAULT_TENANT, verdicts=(Verdict.SUPPORTED, Verdict.UNVERIFIED)), ANSWERS - ANSWERS // RARE),
        (AnswerFilter(DEFAULT_TENANT, degradations=(1, 2)), ANSWERS // RARE),
        (AnswerFilter(DEFAULT_TENANT, model="read_text@1"), OLD),
        (AnswerFilter(DEFAULT_TENANT, model="read_text"), ANSWERS),
        (AnswerFilter(DEFAULT_TENANT, model="read"), 0),
        (AnswerFilter("another", model="read_text"), 0),
        (AnswerFilter(DEFAULT_TENANT, review_state=ReviewState.WRONG), ANSWERS // RARE),
        (AnswerFilter(DEFAULT_TENANT, review_state=ReviewState.UNREVIEWED), ANSWERS - ANSWERS // RARE),
    ],
)
async def test_all_that_agree_are_found_and_no_others(dsn: str, wanted: AnswerFilter, count: int) -> None:
    async with open_database(dsn, Limits()) as database:
        await database.ready()
        assert len(await database.newest(wanted, None, before=None, limit=ANSWERS + 1)) == count
        assert len(await database.oldest(wanted, None, after=-1, limit=ANSWERS + 1)) == count
