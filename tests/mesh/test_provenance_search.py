"""Finding, reviewing, expiring and following answers, in memory and on PostgreSQL alike; then what is left of them."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest

from groundwire.proofs import records
from groundwire.v1 import answer_pb2, claim_pb2
from services.common.claims import Verdict
from services.common.errors import RecordNotFound
from services.provenance import convert_answer
from services.provenance.core.policies import Policies, Policy, Store
from services.provenance.core.records import DEFAULT_TENANT, Review
from services.provenance.core.reviews import Judgement, ReviewState
from services.provenance.core.traces import Span
from services.provenance.indexing import index
from services.provenance.key_folder import FolderKeys
from services.provenance.postgres import Limits, open_database
from tests.fakes.provenance import Assembled, assembled
from tests.fakes.records import TRACE, MemoryDatabase, an_answer, everything
from tests.fakes.stores import FixedClock, MemoryKeys
from tests.mesh.embedded_postgres import EmbeddedPostgres, embedded_postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from services.provenance.core.records import Answer, ListedAnswer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICIES = Policies(Policy(), {"clinic": Policy(Store.ALL, timedelta(days=30)), "silent": Policy(Store.NONE)})


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with embedded_postgres() as server:
        yield server


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture(params=["memory", "postgres"])
async def parts(
    request: pytest.FixtureRequest, server: EmbeddedPostgres, clock: FixedClock
) -> AsyncIterator[Assembled]:
    if request.param == "memory":
        async with assembled(MemoryDatabase(), MemoryKeys(), policies=POLICIES, clock=clock) as made:
            yield made
        return
    async with open_database(server.new_database(), Limits()) as database:
        await database.ready()
        async with assembled(database, MemoryKeys(), policies=POLICIES, clock=clock) as made:
            yield made


def an_answer_of(tenant: str = DEFAULT_TENANT, question: str = "What?", **changes: Any) -> Answer:
    """An answer of a tenant, with fields of its message changed."""
    message = an_answer(question)
    for name, value in changes.items():
        CHANGES[name](message, value)
    return convert_answer.answer_from(message.SerializeToString(), tenant)


def _seen_by(message: answer_pb2.Answer, model: tuple[str, str]) -> None:
    for region in message.regions:
        region.source.model, region.source.version = model


CHANGES: dict[str, Callable[[answer_pb2.Answer, Any], object]] = {
    "create_time": lambda message, value: message.create_time.FromDatetime(value),
    "latency": lambda message, value: message.timings.add(step="plan").duration.FromTimedelta(value),
    "verdict": lambda message, value: setattr(message.claims[0], "verdict", value),
    "label": lambda message, value: setattr(message.regions[0], "label", value),
    "degradation": lambda message, value: message.degradations.append(value),
    "model": _seen_by,
}


def ids(lines: Any) -> list[UUID]:
    return [listed.finding.answer_id for listed, _ in lines]


async def found(parts: Assembled, **asked: Any) -> list[UUID]:
    lines, _ = await parts.lister.page(replace(everything(), **asked), before=None, limit=50)
    return ids(lines)


async def test_every_filter_finds_its_answers_and_no_others(parts: Assembled) -> None:
    plain = an_answer_of()
    odd = an_answer_of(
        question="Is the STRASSE wet?",
        create_time=NOON - timedelta(days=2),
        verdict=claim_pb2.VERDICT_CONTRADICTED,
        degradation=answer_pb2.DEGRADATION_FAST_ONLY,
        model=("detect", "7"),
        label="Red car",
        latency=timedelta(seconds=3),
    )
    theirs = an_answer_of("clinic")
    for answer in (plain, odd, theirs):
        await parts.vault.record(answer)
    first, second = plain.finding.answer_id, odd.finding.answer_id
    assert await found(parts) == [second, first]
    only_odd: list[dict[str, Any]] = [
        {"until": NOON - timedelta(days=1)},
        {"verdicts": (Verdict.CONTRADICTED, Verdict.UNVERIFIED)},
        {"degradations": (int(answer_pb2.DEGRADATION_FAST_ONLY),)},
        {"model": "detect"},
        {"model": "detect@7"},
        {"label": "red"},
        {"text": "stra\N{LATIN SMALL LETTER SHARP S}e"},
        {"min_latency": timedelta(seconds=3)},
    ]
    for asked in only_odd:
        assert await found(parts, **asked) == [second], asked
    only_plain: list[dict[str, Any]] = [
        {"since": NOON - timedelta(days=1)},
        {"verdicts": (Verdict.SUPPORTED,)},
        {"model": "read_text"},
        {"max_latency": timedelta(seconds=3)},
    ]
    for asked in only_plain:
        assert await found(parts, **asked) == [first], asked
    both: list[dict[str, Any]] = [
        {"text": "yamaha"},
        {"model": "rules"},
        {"image_digest": plain.summary.image_digest},
        {"review_state": ReviewState.UNREVIEWED},
    ]
    for asked in both:
        assert await found(parts, **asked) == [second, first], asked
    nothing: list[dict[str, Any]] = [
        {"model": "detect@6"},
        {"label": "yamaha"},
        {"image_digest": "b2" * 32},
        {"review_state": ReviewState.WRONG},
        {"text": "yamaha", "label": "blue"},
        {"degradations": (int(answer_pb2.DEGRADATION_LLM_RULES),)},
    ]
    for asked in nothing:
        assert await found(parts, **asked) == [], asked
    assert await found(parts, tenant="clinic") == [theirs.finding.answer_id]


async def test_pages_hold_everything_once_whatever_their_size(parts: Assembled) -> None:
    recorded = [an_answer_of(question=f"question {i % 3}") for i in range(11)]
    for answer in recorded:
        await parts.vault.record(answer)
    for size, text in ((1, ""), (4, ""), (11, ""), (3, "question 1"), (50, "question 2")):
        wanted = replace(everything(), text=text)
        seen: list[UUID] = []
        before: int | None = None
        while True:
            lines, end = await parts.lister.page(wanted, before=before, limit=size)
            assert len(lines) <= size
            seen += ids(lines)
            if end is None:
                break
            assert before is None or end < before
            before = end
        assert seen == [each.finding.answer_id for each in reversed(recorded) if text in each.summary.question]


async def test_reviews_are_records_of_their_own_and_the_last_one_of_a_claim_counts(parts: Assembled) -> None:
    answer = an_answer_of()
    await parts.vault.record(answer)
    answer_id = answer.finding.answer_id
    verdicts = [(Judgement.WRONG, ReviewState.WRONG), (Judgement.UNSURE, ReviewState.UNSURE)]
    for number, (judgement, expected) in enumerate(verdicts, 1):
        review = Review(answer_id, "c1", judgement, f"note {number}", "Ada")
        receipt, state = await parts.reviewer.review(review, DEFAULT_TENANT)
        assert (receipt.index, state) == (number, expected)
        assert await found(parts, review_state=expected) == [answer_id]
    kept = await parts.reviewer.of(answer_id, DEFAULT_TENANT)
    assert [(each.claim_id, each.judgement, note, who) for each, note, who in kept] == [
        ("c1", Judgement.WRONG, "note 1", "Ada"),
        ("c1", Judgement.UNSURE, "note 2", "Ada"),
    ]
    assert kept[0][0].time == NOON
    (entry,) = await parts.database.entries(1, 2, boxes=True)
    shown = await parts.vault.show(entry, DEFAULT_TENANT)
    said = records.parse(entry.record)
    assert isinstance(said, records.ReviewRecord)
    assert shown.opening is not None
    assert said.check(shown.opening) == ("note 1", "Ada")
    assert (await parts.vault.show(entry, "clinic")).withheld
    for wrong, tenant in (
        (replace(review, claim_id="c9"), DEFAULT_TENANT),
        (replace(review, answer_id=uuid4()), DEFAULT_TENANT),
        (review, "clinic"),
    ):
        with pytest.raises(RecordNotFound):
            await parts.reviewer.review(wrong, tenant)


async def test_an_erasure_takes_the_reviews_along(parts: Assembled) -> None:
    answer = an_answer_of()
    await parts.vault.record(answer)
    answer_id = answer.finding.answer_id
    review = Review(answer_id, "c1", Judgement.WRONG, "", "")
    await parts.reviewer.review(review, DEFAULT_TENANT)
    erased = await parts.vault.erase(DEFAULT_TENANT, answer_id, "", "asked for")
    (entry,) = await parts.database.entries(erased.receipt.index, erased.receipt.index + 1)
    said = records.parse(entry.record)
    assert isinstance(said, records.ErasureRecord)
    assert said.indexes == (0, 1)
    assert [each.box for each in await parts.database.reviews(answer_id)] == [None]
    with pytest.raises(RecordNotFound):
        await parts.reviewer.review(review, DEFAULT_TENANT)
    assert list(await parts.database.doomed()) == []


async def test_another_tenants_answer_is_not_there(parts: Assembled) -> None:
    answer = an_answer_of("clinic")
    await parts.vault.record(answer)
    answer_id = answer.finding.answer_id
    assert (await parts.vault.read(answer_id, "clinic"))[1] == answer.content
    with pytest.raises(RecordNotFound):
        await parts.vault.read(answer_id, DEFAULT_TENANT)
    with pytest.raises(RecordNotFound):
        await parts.vault.erase(DEFAULT_TENANT, answer_id, "", "")
    with pytest.raises(RecordNotFound):
        await parts.vault.erase(DEFAULT_TENANT, None, answer.summary.image_digest, "")
    assert await parts.vault.is_visible(TRACE, "clinic")
    assert not await parts.vault.is_visible(TRACE, DEFAULT_TENANT)
    assert await parts.vault.is_visible("77" * 16, DEFAULT_TENANT)
    assert not await parts.vault.is_visible("77" * 16, "clinic")
    await parts.vault.erase("clinic", None, answer.summary.image_digest, "")
    assert await found(parts, tenant="clinic") == []


async def test_what_policy_lets_be_kept_no_longer_goes_by_the_clock(parts: Assembled, clock: FixedClock) -> None:
    old, young = (an_answer_of("clinic", create_time=NOON - timedelta(days=age)) for age in (31, 29))
    others = an_answer_of(create_time=NOON - timedelta(days=400))
    for answer in (old, young, others):
        await parts.vault.record(answer)
    assert await parts.vault.expire() == 1
    assert await parts.vault.expire() == 0
    assert await found(parts, tenant="clinic") == [young.finding.answer_id]
    clock.time += timedelta(days=2)
    assert await parts.vault.expire() == 1
    assert await found(parts) == [others.finding.answer_id]
    (entry,) = await parts.database.entries(3, 4)
    said = records.parse(entry.record)
    assert isinstance(said, records.ErasureRecord)
    assert (said.indexes, said.reason, said.time) == ((0,), "kept 30 days", "2026-11-23T12:00:00Z")


@pytest.mark.parametrize("asked", ["by policy", "by the caller"])
async def test_of_what_is_not_to_be_kept_there_are_commitments_alone(parts: Assembled, asked: str) -> None:
    tenant, store = ("silent", None) if asked == "by policy" else (DEFAULT_TENANT, Store.NONE)
    early = Span(TRACE, "12" * 8, "", "claim", "fusion", 5, 5, {}, (), "")
    await parts.database.keep([early])
    answer = an_answer_of(tenant, "a secret")
    receipt, salt = await parts.vault.record(answer, store)
    await parts.database.keep([early])
    assert len(salt) == 32
    assert list(await parts.database.trace(TRACE, limit=9)) == []
    answer_id = answer.finding.answer_id
    with pytest.raises(RecordNotFound, match="commitments alone"):
        await parts.vault.read(answer_id, tenant)
    ((listed, summary),), _ = await parts.lister.page(everything(tenant), before=None, limit=5)
    assert (listed.box, summary.question, listed.finding.verdicts) == (None, "", (Verdict.SUPPORTED,))
    (entry,) = await parts.database.entries(receipt.index, receipt.index + 1, boxes=True)
    assert entry.box is None
    said = records.parse(entry.record)
    assert isinstance(said, records.AnswerRecord)
    said.check(records.Opening(salt, answer.content))
    # The same answer again has its receipt, and no other salt.
    assert await parts.vault.record(answer, store) == (receipt, b"")
    # It can be reviewed; what the reviewer says is not kept either.
    await parts.reviewer.review(Review(answer_id, "c1", Judgement.WRONG, "a note", "Ada"), tenant)
    ((kept, note, reviewer),) = await parts.reviewer.of(answer_id, tenant)
    assert (kept.judgement, note, reviewer) == (Judgement.WRONG, "", "")
    assert len((await parts.vault.erase(tenant, answer_id, "", "")).answer_ids) == 1


async def test_a_watcher_sees_what_there_was_then_what_comes_and_nothing_twice(parts: Assembled) -> None:
    recorded = [an_answer_of(question=f"question {i}") for i in range(3)]
    await parts.vault.record(recorded[0])
    async with asyncio.timeout(30), aclosing(parts.lister.watch(everything(), -1)) as lines:
        seen: list[ListedAnswer] = [(await anext(lines))[0]]
        coming = asyncio.create_task(anext(lines))
        await parts.vault.record(an_answer_of("clinic"))
        await parts.vault.record(recorded[1])
        seen.append((await coming)[0])
        await parts.vault.record(recorded[2])
        seen.append((await anext(lines))[0])
    assert [listed.finding.answer_id for listed in seen] == [each.finding.answer_id for each in recorded]
    # Going on after the second one gives the third, and a filter holds here as well.
    async with asyncio.timeout(30), aclosing(parts.lister.watch(everything(), seen[1].receipt.index)) as lines:
        assert (await anext(lines))[0] == seen[2]
    async with (
        asyncio.timeout(30),
        aclosing(parts.lister.watch(replace(everything(), text="question 1"), -1)) as lines,
    ):
        assert (await anext(lines))[0] == seen[1]


async def test_a_watcher_from_now_on_hears_of_what_another_replica_appends(server: EmbeddedPostgres) -> None:
    dsn = server.new_database()
    keys = MemoryKeys()
    async with open_database(dsn, Limits()) as one, open_database(dsn, Limits()) as other:
        await one.ready()
        await other.ready()
        async with assembled(one, keys) as here, assembled(other, keys) as there, asyncio.timeout(60):
            before, after = an_answer_of(), an_answer_of()
            await there.vault.record(before)
            async with aclosing(here.lister.watch(everything(), None)) as lines:
                coming = asyncio.create_task(anext(lines))
                # It begins with what is appended once it listens: until it has said so, more is appended.
                recorded = []
                while not coming.done():
                    await there.vault.record(after := an_answer_of())
                    recorded.append(after.finding.answer_id)
                    await asyncio.wait([coming], timeout=0.2)
                assert (await coming)[0].finding.answer_id in recorded


async def test_answers_of_an_older_schema_are_found_once_they_were_indexed(server: EmbeddedPostgres) -> None:
    dsn = server.new_database()
    keys = MemoryKeys()
    async with open_database(dsn, Limits()) as database:
        await database.ready()
        async with assembled(database, keys) as parts:
            answer = an_answer_of(model=("detect", "7"), label="Red car", latency=timedelta(seconds=3))
            await parts.vault.record(answer)
            with psycopg.connect(dsn) as connection:
                connection.execute("UPDATE answers SET is_indexed = false, models = '{}', latency = '0'")
            assert await found(parts, model="detect@7") == []
            assert await index(database, parts.vault) == 1
            assert await index(database, parts.vault) == 0
            asked = {"model": "detect@7", "min_latency": timedelta(seconds=3)}
            assert await found(parts, **asked) == [answer.finding.answer_id]


async def test_nothing_of_what_was_erased_is_left_anywhere_and_nothing_of_what_was_never_kept() -> None:
    """The database's files, its write-ahead log and the keys, after an erasure, an expiry and `store: none`."""
    needles = {"erased": "NEEDLE-ERASED", "expired": "NEEDLE-EXPIRED", "unkept": "NEEDLE-UNKEPT", "note": "NEEDLE-NOTE"}
    clock = FixedClock(NOON)
    with embedded_postgres() as server, tempfile.TemporaryDirectory() as folder:
        keys = FolderKeys(Path(folder) / "keys")
        async with (
            open_database(server.new_database(), Limits()) as database,
            assembled(database, keys, policies=POLICIES, clock=clock) as parts,
        ):
            await database.ready()
            erased = an_answer_of(question=needles["erased"], label=needles["erased"])
            await parts.vault.record(erased)
            review = Review(erased.finding.answer_id, "c1", Judgement.WRONG, needles["note"], needles["note"])
            await parts.reviewer.review(review, DEFAULT_TENANT)
            old = NOON - timedelta(days=40)
            await parts.vault.record(an_answer_of("clinic", needles["expired"], create_time=old))
            await parts.vault.record(an_answer_of("silent", needles["unkept"]))
            kept = {entry.box.key: entry.box for entry in await database.entries(0, 9, boxes=True) if entry.box}
            secrets = [await keys.get(name) for name in kept]
            assert len([secret for secret in secrets if secret]) == 3
            await parts.vault.erase(DEFAULT_TENANT, erased.finding.answer_id, "", "asked for")
            await parts.vault.expire()
        server.crash()
        files = [file for top in (server.data, Path(folder)) for file in top.rglob("*") if file.is_file()]
        left: Counter[str] = Counter()
        for file in files:
            content = file.read_bytes()
            words = [*(needle.encode() for needle in needles.values()), erased.summary.image_digest.encode()]
            left.update(str(word) for word in (*words, *filter(None, secrets)) if word in content)
        assert any("pg_wal" in str(file) for file in files)
        assert not left
        server.start()
