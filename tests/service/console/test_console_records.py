"""The console before the real provenance service, on a database in memory: search, live rows, reviews, tenants."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import httpx2
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf import timestamp_pb2
from PIL import Image
from pydantic import SecretStr

from groundwire import words
from groundwire.proofs import traces
from groundwire.v1 import answer_pb2, image_pb2, provenance_service_pb2, provenance_service_pb2_grpc
from services.console.__main__ import Server, wire
from services.console.application import create
from services.console.settings import ConsoleSettings
from services.provenance.core.traces import Link, Span
from services.provenance.notary import Notary
from services.provenance.settings import ProvenanceSettings
from services.provenance.signing import Signer
from services.runtime import tenant
from services.runtime.server import Service, serving
from tests.fakes import canned
from tests.fakes.grounding import SimulatedMesh
from tests.fakes.provenance import assembled
from tests.fakes.records import MemoryDatabase
from tests.fakes.stores import MemoryKeys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LONG_S = 20.0
"""Longer than any of it takes, seconds."""


@dataclass
class Recorded:
    """Provenance with answers in it."""

    database: MemoryDatabase
    address: str
    stub: Any
    image: image_pb2.Image

    async def answer(self, question: str, *, hour: int = 10, of: str = tenant.DEFAULT) -> answer_pb2.Answer:
        """Record an answer of that hour for that tenant."""
        answer = self.unrecorded(question, hour)
        request = provenance_service_pb2.RecordRequest(answer=answer.SerializeToString())
        response = await self.stub.Record(request, metadata=((tenant.METADATA, of),))
        answer.record.CopyFrom(response.receipt)
        return answer

    def unrecorded(self, question: str, hour: int = 10) -> answer_pb2.Answer:
        answer = canned.World().record(canned.answer_to(self.image, question, answer_pb2.STAKES_STANDARD))
        answer.ClearField("record")
        answer.id = str(uuid.uuid4())
        answer.create_time.CopyFrom(timestamp_pb2.Timestamp())
        answer.create_time.FromJsonString(f"2026-11-23T{hour:02}:00:00Z")
        return answer


def picture() -> bytes:
    """What every answer is about."""
    stream = io.BytesIO()
    Image.new("RGB", (400, 300), "maroon").save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
async def recorded() -> AsyncIterator[Recorded]:
    settings = ProvenanceSettings(
        dsn=SecretStr("postgresql://not.used"), signing_key_file=Path("no"), key_folder=Path("no"), port=0, grace_s=5
    )
    database = MemoryDatabase()
    signer = Signer("test.local/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    notary = Notary(database, signer, None, every=1000)
    await notary.ready()
    image = canned.World().admit(image_pb2.ImageInput(content=picture()))
    async with assembled(database, MemoryKeys()) as parts:
        service = Service(
            "groundwire.v1.ProvenanceService", lambda server: parts.register(server, notary), database.ready
        )
        async with (
            serving(service, settings) as port,
            grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        ):
            stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
            yield Recorded(database, f"127.0.0.1:{port}", stub, image)


@asynccontextmanager
async def console(recorded: Recorded, **said: Any) -> AsyncIterator[tuple[httpx2.AsyncClient, asyncio.Event]]:
    """A console before it, over real HTTP, and what ends its streams."""
    with SimulatedMesh() as mesh:
        settings = ConsoleSettings(
            fusion_address=mesh.addresses.fusion,
            perception_address=mesh.addresses.perception,
            provenance_address=recorded.address,
            **said,
        )
        closing = asyncio.Event()
        async with wire(settings) as parts:
            app = create(parts, settings, closing)
            listener = socket.create_server(("127.0.0.1", 0))
            configuration = uvicorn.Config(app, lifespan="off", log_config=None)
            server = Server(configuration, closing)
            # The socket listens already: whoever connects is served as soon as the server runs.
            running = asyncio.create_task(server.serve([listener]))
            port = listener.getsockname()[1]
            async with httpx2.AsyncClient(base_url=f"http://localhost:{port}", timeout=LONG_S) as client:
                yield client, closing
            server.should_exit = True
            await asyncio.wait_for(running, LONG_S)


@pytest.fixture
async def browser(recorded: Recorded) -> AsyncIterator[httpx2.AsyncClient]:
    async with console(recorded) as (client, _):
        yield client


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"brand", "zebra", "shelf"}),
        ("text=YAMAHA", {"brand"}),
        ("text=zebra", {"zebra"}),
        ("label=BOWL", {"shelf"}),
        ("verdict=supported", {"brand", "shelf"}),
        ("verdict=contradicted", {"shelf"}),
        ("verdict=abstained", {"zebra", "shelf"}),
        ("degraded=llm_rules", {"brand"}),
        ("model=read_text", {"brand"}),
        ("model=read_text%401", {"brand"}),
        ("model=read_text%402", set()),
        ("since=2026-11-23T11:00", {"zebra", "shelf"}),
        ("since=2026-11-23T11:00&until=2026-11-23T12:00", {"zebra"}),
        ("review=unreviewed", {"brand", "zebra", "shelf"}),
        ("review=wrong", set()),
        ("slower=1", {"brand", "zebra", "shelf"}),
        ("slower=600", set()),
        ("faster=0.001", set()),
        ("verdict=supported&text=mug", {"shelf"}),
    ],
)
async def test_an_address_says_which_answers_are_shown(
    browser: httpx2.AsyncClient, recorded: Recorded, query: str, shown: set[str]
) -> None:
    asked = {"brand": "What brand is it?", "zebra": "a zebra", "shelf": "What is on the shelf?"}
    for hour, question in enumerate(asked.values(), 10):
        await recorded.answer(question, hour=hour)
    page = (await browser.get(f"/?{query}")).text
    assert {name for name, question in asked.items() if f">{question}<" in page.replace("<bdi>", "")} == shown
    assert f'<span id="count">{len(shown)}</span>' in page


async def test_pages_keep_the_filter(browser: httpx2.AsyncClient, recorded: Recorded) -> None:
    for number in range(51):
        await recorded.answer(f"What brand is number {number}?")
    first = (await browser.get("/?verdict=supported&text=brand")).text
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "verdict=supported" in older
    second = (await browser.get(older)).text
    assert "number 0?" in second
    assert '<span id="count">1</span>' in second
    assert "data-live" not in second, "new answers belong on the newest page"


async def test_an_answers_id_leads_to_that_answer(browser: httpx2.AsyncClient, recorded: Recorded) -> None:
    answer = await recorded.answer("What brand is it?")
    reply = await browser.get("/", params={"text": answer.id})
    assert (reply.status_code, reply.headers["location"]) == (303, f"/answers/{answer.id}")


async def events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, str]]:
    """The events of a stream, each with its fields; comments are passed over."""
    event: dict[str, str] = {}
    async for line in lines:
        if line:
            name, _, value = line.partition(": ")
            event |= {name: value} if name else {}
        elif "event" in event:
            yield event
            event = {}
        else:
            event = {}


async def test_answers_arrive_as_they_are_recorded_and_none_is_missed(
    browser: httpx2.AsyncClient, recorded: Recorded
) -> None:
    await recorded.answer("What brand is old?")
    page = (await browser.get("/?verdict=supported")).text
    live = page.split('data-live="')[1].split('"')[0].replace("&amp;", "&")
    assert live == "/answers/live?verdict=supported&after=0"
    async with browser.stream("GET", live) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        arriving = events(reply.aiter_lines())
        await recorded.answer("a zebra")
        fresh = await recorded.answer("What brand is new?")
        event = await asyncio.wait_for(anext(arriving), LONG_S)
    assert (event["event"], event["id"]) == ("answer", str(fresh.record.index))
    row = json.loads(event["data"])
    assert f'data-id="{fresh.id}"' in row
    assert "What brand is new?" in row
    later = await recorded.answer("What brand is later?")
    async with browser.stream("GET", live, headers={"last-event-id": event["id"]}) as reply:
        event = await asyncio.wait_for(anext(events(reply.aiter_lines())), LONG_S)
    assert event["id"] == str(later.record.index)


async def test_an_answer_that_the_page_sorts_out_moves_the_place_and_shows_no_row(
    browser: httpx2.AsyncClient, recorded: Recorded
) -> None:
    await recorded.answer("What brand is it?")
    await recorded.answer("a zebra")
    async with browser.stream("GET", "/answers/live?verdict=abstained") as reply:
        arriving = events(reply.aiter_lines())
        passed_over, shown = [await asyncio.wait_for(anext(arriving), LONG_S) for _ in range(2)]
    assert (passed_over["id"], json.loads(passed_over["data"])) == ("0", "")
    assert "a zebra" in json.loads(shown["data"])


async def test_a_stream_that_ends_by_its_time_ends_well(recorded: Recorded) -> None:
    async with console(recorded, watch_s=0.2) as (browser, _), browser.stream("GET", "/answers/live") as reply:
        assert [event async for event in events(reply.aiter_lines())] == []


async def test_streams_end_with_the_console(recorded: Recorded) -> None:
    async with console(recorded) as (browser, closing), browser.stream("GET", "/answers/live") as reply:
        closing.set()
        assert [event async for event in events(reply.aiter_lines())] == []


async def test_trouble_is_told_in_the_stream_so_that_browsers_come_back(
    browser: httpx2.AsyncClient, recorded: Recorded
) -> None:
    recorded.database.out_of_reach = True
    async with browser.stream("GET", "/answers/live") as reply:
        (event,) = [event async for event in events(reply.aiter_lines())]
    assert reply.status_code == 200
    assert event["event"] == "trouble"
    assert "postgres" in event["data"]


async def test_a_review_is_kept_shown_and_searched_for(browser: httpx2.AsyncClient, recorded: Recorded) -> None:
    answer = await recorded.answer("What is on the shelf?")
    said = {"judgement": "wrong", "note": "it is <b>orange</b>", "reviewer": "Ada"}
    reply = await browser.post(f"/answers/{answer.id}/claims/c1/review", data=said)
    assert (reply.status_code, reply.headers["location"]) == (303, f"/answers/{answer.id}?claim=c1")
    page = (await browser.get(reply.headers["location"])).text
    assert "reviewed: wrong" in page
    assert "it is &lt;b&gt;orange&lt;/b&gt;" in page
    assert "Ada" in page
    assert "Nobody has judged it yet" in (await browser.get(f"/answers/{answer.id}/claims/c2")).text
    assert answer.id in (await browser.get("/?review=wrong")).text
    assert answer.id not in (await browser.get("/?review=correct")).text
    await browser.post(f"/answers/{answer.id}/claims/c1/review", data={"judgement": "correct"})
    assert answer.id in (await browser.get("/?review=correct")).text


@pytest.mark.parametrize(
    ("claim", "said", "status"),
    [
        ("c1", {}, 400),
        ("c1", {"judgement": "perfect"}, 400),
        ("c99", {"judgement": "wrong"}, 404),
        ("c1", {"judgement": "wrong", "note": "x" * 2001}, 400),
        ("c1", {"judgement": "wrong", "note": "x" * 40_000}, 400),
    ],
)
async def test_what_is_no_review_is_refused_and_nothing_is_kept(
    browser: httpx2.AsyncClient, recorded: Recorded, claim: str, said: dict[str, str], status: int
) -> None:
    answer = await recorded.answer("What is on the shelf?")
    reply = await browser.post(f"/answers/{answer.id}/claims/{claim}/review", data=said)
    assert reply.status_code == status
    assert "That did not work" in reply.text
    assert len(recorded.database.log) == 1


async def test_a_foreign_page_cannot_review(browser: httpx2.AsyncClient, recorded: Recorded) -> None:
    answer = await recorded.answer("What is on the shelf?")
    path, headers = f"/answers/{answer.id}/claims/c1/review", {"sec-fetch-site": "cross-site"}
    assert (await browser.post(path, data={"judgement": "wrong"}, headers=headers)).status_code == 403
    assert len(recorded.database.log) == 1


def spans_of(answer: answer_pb2.Answer, verdict: str = "") -> list[Span]:
    """A trace as fusion makes it, in which every claim has its span; with a verdict, the first claim's is that one."""
    regions = {region.id: region.source for region in answer.regions}
    spans = []
    for number, claim in enumerate(answer.claims):
        cited = [citation for citation in claim.citations if citation.region_id]
        links = tuple(
            Link(
                regions[each.region_id].trace_id,
                regions[each.region_id].span_id,
                {traces.REGION_ID: each.region_id, traces.ROLE: words.role(each.role)},
            )
            for each in cited
        )
        attributes = {
            traces.ANSWER_ID: answer.id,
            traces.CLAIM_ID: claim.id,
            traces.VERDICT: words.verdict(claim.verdict) if number or not verdict else verdict,
            traces.REGION_IDS: json.dumps([each.region_id for each in cited]),
        }
        spans.append(Span(answer.trace_id, claim.span_id, "", "claim", "fusion", number, 10, attributes, links, ""))
    return spans


@pytest.mark.parametrize(
    ("verdict", "said"),
    [("", "record and trace agree"), ("contradicted", "claim c1 is supported, and in the trace it is contradicted")],
)
async def test_whether_record_and_trace_agree_is_said(
    browser: httpx2.AsyncClient, recorded: Recorded, verdict: str, said: str
) -> None:
    answer = recorded.unrecorded("What brand is it?")
    answer.claims[0].span_id = "00f067aa0ba902c1"
    await recorded.stub.Record(provenance_service_pb2.RecordRequest(answer=answer.SerializeToString()))
    unknown = (await browser.get(f"/answers/{answer.id}")).text
    assert "record and trace agree" not in unknown, "there is no trace yet to agree with"
    await recorded.database.keep(spans_of(answer, verdict))
    page = (await browser.get(f"/answers/{answer.id}")).text
    assert said in page
    assert ("Record and trace disagree" in page) == bool(verdict)


async def test_another_tenants_answers_are_shown_where_the_console_may(recorded: Recorded) -> None:
    theirs = await recorded.answer("a zebra of theirs", of="acme")
    ours = await recorded.answer("a zebra of ours")
    async with console(recorded, tenants=("default", "acme")) as (browser, _):
        first = (await browser.get("/")).text
        assert (ours.id in first, theirs.id in first) == (True, False)
        second = (await browser.get("/?tenant=acme")).text
        assert (ours.id in second, theirs.id in second) == (False, True)
        assert f"/answers/{theirs.id}?tenant=acme" in second
        assert "/answers/live?after=0&amp;tenant=acme" in second, (
            "the list goes on listening to the tenant that it shows"
        )
        assert (await browser.get(f"/answers/{theirs.id}")).status_code == 200, "the page remembers whose it was"
        assert (await browser.get(f"/answers/{theirs.id}?tenant=default")).status_code == 404
        assert (await browser.get("/?tenant=globex")).status_code == 403


async def test_a_console_of_one_tenant_shows_no_other(browser: httpx2.AsyncClient, recorded: Recorded) -> None:
    theirs = await recorded.answer("a zebra of theirs", of="acme")
    headers = {"cookie": "groundwire-tenant=acme"}
    assert theirs.id not in (await browser.get("/", headers=headers)).text
    assert (await browser.get("/?tenant=acme")).status_code == 403
    assert 'name="tenant"' not in (await browser.get("/")).text


async def test_an_answer_of_which_commitments_were_kept_is_listed_as_such(
    browser: httpx2.AsyncClient, recorded: Recorded
) -> None:
    answer = recorded.unrecorded("a zebra")
    store = answer_pb2.STORE_POLICY_NONE
    await recorded.stub.Record(provenance_service_pb2.RecordRequest(answer=answer.SerializeToString(), store=store))
    page = (await browser.get("/")).text
    assert "commitments alone were kept" in page
    assert "a zebra" not in page
    assert (await browser.get("/mesh")).status_code == 200
