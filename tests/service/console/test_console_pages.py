"""The console's pages over a simulated mesh: real gRPC behind, real HTTP messages in front, no browser."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import httpx2
import pytest
from PIL import Image

from groundwire import Client
from services.console.__main__ import wire
from services.console.application import create
from services.console.settings import ConsoleSettings
from tests.fakes import canned
from tests.fakes.grounding import SimulatedMesh

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

HOST = "http://localhost:8080"


@pytest.fixture
def mesh() -> Iterator[SimulatedMesh]:
    with SimulatedMesh() as simulated:
        yield simulated


@pytest.fixture
async def browser(mesh: SimulatedMesh) -> AsyncIterator[httpx2.AsyncClient]:
    """Whoever sends HTTP to a console of that mesh."""
    settings = ConsoleSettings(
        fusion_address=mesh.addresses.fusion,
        perception_address=mesh.addresses.perception,
        provenance_address=mesh.addresses.provenance,
        max_upload_bytes=64 * 1024,
    )
    async with wire(settings) as parts:
        transport = httpx2.ASGITransport(create(parts, settings))
        async with httpx2.AsyncClient(transport=transport, base_url=HOST) as client:
            yield client


@pytest.fixture
def photo() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (400, 300), "maroon").save(stream, "PNG")
    return stream.getvalue()


def ask(mesh: SimulatedMesh, photo: bytes, question: str) -> str:
    """An answer's id."""
    with Client(mesh.addresses.fusion) as client:
        return client.ask(photo, question).id


async def test_an_empty_mesh_has_an_empty_list(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/")
    assert page.status_code == 200
    assert "Nothing has been answered yet" in page.text


async def test_the_list_shows_every_answer_newest_first(
    browser: httpx2.AsyncClient, mesh: SimulatedMesh, photo: bytes
) -> None:
    first, second = (ask(mesh, photo, question) for question in ("What brand is it?", "a zebra"))
    page = await browser.get("/")
    assert page.text.index(f"/answers/{second}") < page.text.index(f"/answers/{first}")
    assert "/answers/live?after=1" in page.text


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("c1", ["mug: color red", "colours: red 62%, gray 21%, teal 17%", "5,321 pixels", "0.8800", "0.9300", "iou"]),
        ("c2", ["mug left of bowl", "r2 · context", "derived again from the boxes", "strength"]),
        ("c3", ["mug: smaller than bowl", "geometry failed"]),
        ("c4", ["mug: not full", "judge inconclusive", "no model is bound to what it needs"]),
        ("c5", ["no teapot", "searched", "detect_onnx 2 (detect, accurate tier) in [0 0 200 300]"]),
        ("c6", ["Price list", "characters 28", "<mark>The red mug costs 4 €</mark>, the blue one"]),
    ],
)
async def test_every_kind_of_claim_shows_what_it_rests_on(
    browser: httpx2.AsyncClient, mesh: SimulatedMesh, photo: bytes, claim: str, said: list[str]
) -> None:
    answer_id = ask(mesh, photo, "What is on the shelf and on the menu?")
    whole = await browser.get(f"/answers/{answer_id}?claim={claim}")
    chain = await browser.get(f"/answers/{answer_id}/claims/{claim}")
    assert (whole.status_code, chain.status_code) == (200, 200)
    for each in said:
        assert each in chain.text
        assert each in whole.text


async def test_an_answer_shows_documents_searches_redactions_and_where_the_models_responded(
    browser: httpx2.AsyncClient, mesh: SimulatedMesh, photo: bytes
) -> None:
    page = (await browser.get(f"/answers/{ask(mesh, photo, 'shelf and menu')}")).text
    assert '<mark data-cited="c6" title="cited by c6">The red mug costs 4 €</mark>' in page
    assert page.count('class="searched" data-key="c5"') == 2
    assert page.count('class="searched" data-key="not-1"') == 1
    assert 'data-searched="not-1"' in page
    assert "painted over: face at [280 30 360 120], found by find_private 1" in page
    assert 'fill="url(#hatch-picture)"' in page
    assert 'id="hatch-picture"' in page
    assert page.count('<g class="relevance"') == 2
    assert "no evidence" in page
    assert "0.88 calibrated, raw 0.93" in page
    assert canned.CALIBRATION[:12] in page


async def test_an_answer_shows_the_chain_of_its_first_claim_and_both_tiers(
    browser: httpx2.AsyncClient, mesh: SimulatedMesh, photo: bytes
) -> None:
    answer_id = ask(mesh, photo, "What brand is it?")
    page = (await browser.get(f"/answers/{answer_id}")).text
    fast, accurate = page.split("fast tier</h4>")[1].split("accurate tier</h4>")
    assert "YAMARA" in fast
    assert "passed over" in fast
    assert "YAMAHA" in accurate.split("Claimed")[0]
    assert "0.9700" in page
    assert "not calibrated" in page
    assert "fast tier not believed" in page
    assert "similarity" in page
    assert canned.WEIGHTS in page


async def test_what_this_provenance_cannot_prove_is_said_and_the_rest_is_shown(
    browser: httpx2.AsyncClient, mesh: SimulatedMesh, photo: bytes
) -> None:
    page = await browser.get(f"/answers/{ask(mesh, photo, 'What brand is it?')}")
    assert page.status_code == 200
    assert "no proof is to be had" in page.text


async def test_a_picture_that_is_gone_leaves_the_answer_to_be_read(
    browser: httpx2.AsyncClient, mesh: SimulatedMesh, photo: bytes
) -> None:
    answer_id = ask(mesh, photo, "What brand is it?")
    digest = mesh.world.answers[0].image.digest
    thumbnail = await browser.get(f"/images/{digest}/thumbnail")
    tag = {"if-none-match": thumbnail.headers["etag"]}
    assert (await browser.get(f"/images/{digest}/thumbnail", headers=tag)).status_code == 304
    mesh.world.images.clear()
    page = await browser.get(f"/answers/{answer_id}")
    assert "no longer held" in page.text
    assert "YAMAHA" in page.text
    # What the browser and the console have kept is not shown any more either.
    assert (await browser.get(f"/images/{digest}/thumbnail", headers=tag)).status_code == 404
    assert (await browser.get(f"/images/{digest}")).status_code == 404


async def test_hostile_lettering_is_shown_and_does_nothing(
    browser: httpx2.AsyncClient, mesh: SimulatedMesh, photo: bytes
) -> None:
    answer_id = ask(mesh, photo, "hostile <script>alert(2)</script>")
    for path in ("/", f"/answers/{answer_id}", f"/compare?a={answer_id}&b={answer_id}"):
        page = await browser.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "\u202e" not in page.text
        assert "\x1b" not in page.text
        assert "style=" not in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_a_form_is_filled_in_with_what_an_address_says_and_nothing_runs(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/try", params={"question": "</textarea><script>alert(1)</script>", "image": '"><script>'})
    assert page.status_code == 200
    assert "&lt;/textarea&gt;&lt;script&gt;alert(1)" in page.text
    assert "<script>" not in page.text


async def test_two_answers_side_by_side(browser: httpx2.AsyncClient, mesh: SimulatedMesh, photo: bytes) -> None:
    a, b = ask(mesh, photo, "What brand is it?"), ask(mesh, photo, "hostile")
    page = await browser.get("/compare", params={"id": [b, a]})
    assert page.status_code == 200
    assert page.text.index(f"/answers/{a}") < page.text.index(f"/answers/{b}")
    assert "only in A" in page.text
    assert "Asked and given under" in page.text
    assert (await browser.get("/compare", params={"id": [a]})).status_code == 400


async def test_the_mesh_page_tells_who_is_missing(
    browser: httpx2.AsyncClient, mesh: SimulatedMesh, photo: bytes
) -> None:
    ask(mesh, photo, "What brand is it?")
    ask(mesh, photo, "What is on the shelf?")
    well = (await browser.get("/mesh")).text
    assert "read_text" in well
    assert "escalate" in well
    assert "rule engine planned or composed" in well
    assert canned.CALIBRATION[:12] in well
    assert "face" in well
    mesh.stop("perception")
    hurt = await browser.get("/mesh")
    assert hurt.status_code == 200
    assert "unreachable" in hurt.text
    assert "PART_UNAVAILABLE" in hurt.text


async def test_without_provenance_the_list_says_what_to_do(browser: httpx2.AsyncClient, mesh: SimulatedMesh) -> None:
    mesh.stop("provenance")
    page = await browser.get("/")
    assert page.status_code == 503
    assert "PART_UNAVAILABLE" in page.text
    assert "see whether provenance runs" in page.text
    assert (await browser.get("/healthz")).status_code == 200


async def test_asking_by_the_plain_form_leads_to_the_answer(browser: httpx2.AsyncClient, photo: bytes) -> None:
    form = {"question": "What brand is it?", "stakes": "critical", "from": "before"}
    reply = await browser.post("/try", data=form, files={"picture": ("p.png", photo)})
    assert reply.status_code == 303
    page = await browser.get(reply.headers["location"])
    assert "critical stakes" in page.text
    assert "/compare?a=before" in page.text


async def test_asking_step_by_step_ends_with_the_answer(browser: httpx2.AsyncClient, photo: bytes) -> None:
    reply = await browser.post(
        "/try/stream", data={"question": "What brand is it?"}, files={"picture": ("p.png", photo)}
    )
    events = [json.loads(line) for line in reply.text.splitlines()]
    assert [event["kind"] for event in events] == ["admitted", "plan", "regions", "escalation", "claim", "answer"]
    assert "data-region" in events[-1]["svg"]
    assert (await browser.get(events[-1]["url"])).status_code == 200


@pytest.mark.parametrize(
    ("data", "content", "status", "reason"),
    [
        ({"question": "x"}, b"", 400, "INVALID_FIELD"),
        ({"question": "x", "image": "xyz"}, b"", 400, "INVALID_FIELD"),
        ({"question": "x", "stakes": "high"}, b"", 400, "INVALID_FIELD"),
        ({"question": "x"}, b"no picture", 200, "UNREADABLE_IMAGE"),
        ({"question": ""}, b"photo", 200, "INVALID_FIELD"),
        ({"question": "busy"}, b"photo", 200, "OVERLOADED"),
        ({"question": "unrecorded"}, b"photo", 200, "NOT_RECORDED"),
        ({"question": "x"}, bytes(70_000), 400, "IMAGE_TOO_LARGE"),
    ],
)
async def test_what_cannot_be_asked_is_refused_in_the_meshs_words(
    browser: httpx2.AsyncClient, photo: bytes, data: dict[str, str], content: bytes, status: int, reason: str
) -> None:
    files = {"picture": ("p.png", photo if content == b"photo" else content, "image/png")} if content else {"x": b""}
    reply = await browser.post("/try/stream", data=data, files=files)
    assert reply.status_code == status
    (event,) = [json.loads(line) for line in reply.text.splitlines()]
    assert event["kind"] == "error"
    assert reason in event["html"]
    plain = await browser.post("/try", data=data, files=files)
    assert plain.status_code >= 400
    assert reason in plain.text


async def test_what_a_foreign_page_sends_is_refused(browser: httpx2.AsyncClient, photo: bytes) -> None:
    reply = await browser.post(
        "/try", data={"question": "x"}, files={"picture": ("p.png", photo)}, headers={"sec-fetch-site": "cross-site"}
    )
    assert reply.status_code == 403
    assert (await browser.get("/", headers={"host": "rebound.example"})).status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/answers/unheard-of", 404),
        ("/answers/unheard-of/claims/c1", 404),
        ("/answers/unheard-of.json", 404),
        ("/images/xyz", 400),
        (f"/images/{'0' * 64}", 404),
        (f"/images/{'0' * 64}?box=1,2", 400),
        ("/?verdict=true", 400),
        ("/answers/live?verdict=true", 400),
        ("/answers/live?after=first", 400),
        ("/nothing", 404),
        ("/static/nothing.js", 404),
    ],
)
async def test_a_wrong_address_is_answered_with_what_was_wrong(
    browser: httpx2.AsyncClient, path: str, status: int
) -> None:
    page = await browser.get(path)
    assert page.status_code == status
    assert "That did not work" in page.text


async def test_a_record_can_be_kept(browser: httpx2.AsyncClient, mesh: SimulatedMesh, photo: bytes) -> None:
    answer_id = ask(mesh, photo, "What brand is it?")
    reply = await browser.get(f"/answers/{answer_id}.json")
    assert reply.json()["id"] == answer_id
    assert f'filename="{answer_id}.json"' in reply.headers["content-disposition"]
