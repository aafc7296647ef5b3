"""The console in a real browser, before a real mesh."""

from __future__ import annotations

import json
import shutil
import urllib.request
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from playwright.sync_api import expect, sync_playwright

from groundwire import Answer
from groundwire.proofs.bundles import Bundle
from groundwire.v1 import grounding_service_pb2, grounding_service_pb2_grpc, image_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from groundwire import Client
    from groundwire.mesh.local import Mesh

CHROMIUM = shutil.which("chromium")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

QUESTION = "What brand is written on the motorcycle?"

SIZES = ((1280, 860), (390, 844))

LONG_MS = 60_000
"""Time for a mesh on a busy machine to answer."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, mesh: Mesh) -> Iterator[Page]:
    """A page of that mesh's console, on which no script fails and no policy is broken."""
    context = browser.new_context(
        base_url=f"http://{mesh.addresses['console']}", viewport={"width": 1280, "height": 860}, reduced_motion="reduce"
    )
    context.set_default_timeout(LONG_MS)
    opened = context.new_page()
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    yield opened
    context.close()
    assert not troubles


@pytest.fixture(scope="module")
def answer(client: Client, motorcycle: Path) -> Answer:
    return client.ask(motorcycle, QUESTION)


@pytest.fixture(scope="module")
def explained(mesh: Mesh, motorcycle: Path) -> Answer:
    """An answer that begins a conversation, and explains where the models responded."""
    request = grounding_service_pb2.AskRequest(
        image=image_pb2.ImageInput(content=motorcycle.read_bytes()),
        question=QUESTION,
        conversation_id="console-test",
        with_relevance=True,
    )
    with grpc.insecure_channel(mesh.addresses["fusion"]) as channel:
        stub = grounding_service_pb2_grpc.GroundingServiceStub(channel)
        return Answer(stub.Ask(request, timeout=120).answer)


@pytest.fixture(scope="module")
def reading(client: Client, motorcycle: Path) -> Answer:
    return client.read(motorcycle)


def test_the_console_is_a_part_of_the_mesh_and_says_that_it_is_there(mesh: Mesh) -> None:
    with urllib.request.urlopen(f"http://{mesh.addresses['console']}/healthz", timeout=10) as reply:
        assert json.load(reply) == {"status": "serving"}
    (console,) = (part for part in mesh.status() if part.name == "console")
    assert console.health.ready


def test_a_claim_lights_its_regions_and_dims_the_rest(page: Page, answer: Answer) -> None:
    page.goto(f"/answers/{answer.id}")
    picture = page.locator("[data-viewer]")
    expect(picture.locator(".region")).to_have_count(len(answer.regions))
    page.locator("a.claim").first.hover()
    cited = answer.claims[0].citations[0].region_id
    expect(picture.locator(".region.lit")).to_have_count(len(answer.claims[0].citations))
    expect(picture.locator(f'.region[data-region="{cited}"]')).to_have_css("opacity", "1")
    expect(picture.locator(".region:not(.lit)").first).to_have_css("opacity", "0.12")
    page.mouse.move(5, 5)
    expect(picture.locator(".region.lit")).to_have_count(0)


def test_regions_lie_on_the_picture_where_they_are_in_it(page: Page, answer: Answer) -> None:
    page.goto(f"/answers/{answer.id}")
    cited = answer.regions_of(answer.claims[0])[0]
    shown: dict[str, float] = page.locator(f'.region[data-region="{cited.id}"] .line').evaluate(
        "e => { const b = e.getBoundingClientRect(), p = document.querySelector('image').getBoundingClientRect();"
        " return {left: (b.left - p.left) / p.width, top: (b.top - p.top) / p.height} }"
    )
    assert shown["left"] == pytest.approx(cited.box.x_min / answer.image.size.width, abs=0.01)
    assert shown["top"] == pytest.approx(cited.box.y_min / answer.image.size.height, abs=0.01)


def test_choosing_a_claim_shows_its_chain_and_marks_its_spans_and_can_be_shared(page: Page, reading: Answer) -> None:
    assert len(reading.claims) > 1
    second = reading.claims[1]
    page.goto(f"/answers/{reading.id}")
    expect(page.locator(".span").first).to_be_visible()
    expect(page.locator("#trace-missing")).to_have_count(0, timeout=LONG_MS)
    page.locator("a.claim").nth(1).click()
    expect(page.locator(".chain-title")).to_have_text(f"How {second.id} came about")
    expect(page.locator(".span.own .span-name").first).to_contain_text("claim")
    region = reading.regions_of(second)[0]
    if region.source.trace_id == reading.trace_id:
        expect(page.locator(".span.linked").first).to_be_attached()
    else:
        expect(page.locator("#chain")).to_contain_text(f"seen earlier, in trace {region.source.trace_id[:12]}")
    expect(page.locator("#chain")).to_contain_text(region.source.model)
    expect(page.locator("#chain")).to_contain_text(f"{second.evidence_score:.4f}")
    for check in second.checks:
        expect(page.locator("#chain")).to_contain_text(" ".join(check.detail.split()))
    shared = page.url
    page.goto("/")
    page.goto(shared)
    expect(page.locator(".chain-title")).to_have_text(f"How {second.id} came about")


def test_the_record_says_where_it_is_and_what_is_proved(page: Page, answer: Answer) -> None:
    page.goto(f"/answers/{answer.id}")
    _await_checkpoint(page)
    expect(page.locator("#proof .chip")).to_have_text("valid")
    record = page.locator("section", has=page.get_by_role("heading", name="Record", exact=True)).last
    expect(record).to_contain_text(answer.record.digest)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy groundwire explain").click()
    expect(page.locator("#toast")).to_contain_text(f"groundwire explain {answer.id} c1")
    assert page.evaluate("navigator.clipboard.readText()") == f"groundwire explain {answer.id} c1"
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the record").click()
    assert json.loads(download.value.path().read_text())["id"] == answer.id
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the proof").click()
    assert Bundle.parse(download.value.path().read_text()).proved.index == answer.record.index


def _await_checkpoint(page: Page) -> None:
    """Look again until a signed checkpoint reaches the answer: they are published at intervals."""
    for _ in range(60):
        if page.locator("#proof .chip").inner_text() != "unanchored":
            return
        page.wait_for_timeout(500)
        page.reload()


def test_keys_zoom_and_buttons_do_too(page: Page, answer: Answer) -> None:
    page.goto(f"/answers/{answer.id}")
    readout = page.locator(".zoom")
    expect(readout).to_have_text("100%")
    page.keyboard.press("+")
    expect(readout).to_have_text("140%")
    page.keyboard.press("0")
    expect(readout).to_have_text("100%")
    page.get_by_role("button", name="Zoom in").click()
    expect(readout).to_have_text("140%")
    page.get_by_role("button", name="Fit the picture").click()
    page.locator("svg.canvas").focus()
    page.locator("svg.canvas").hover()
    page.mouse.wheel(0, -400)
    expect(readout).not_to_have_text("100%")
    page.keyboard.press("0")
    page.keyboard.press("z")
    expect(readout).not_to_have_text("100%")


def test_the_list_is_used_from_the_keyboard(page: Page, answer: Answer, reading: Answer) -> None:
    page.goto("/")
    ids = page.locator(".row").evaluate_all("rows => rows.map(row => row.dataset.id)")
    assert ids.index(reading.id) < ids.index(answer.id)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.closest('.row').dataset.id") == ids[0]
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".row input:checked")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("brand j")
    expect(page.get_by_role("searchbox")).to_have_value("brand j")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.wait_for_url("**/compare?*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare")


def test_enter_opens_an_answer(page: Page, answer: Answer) -> None:
    page.goto("/?verdict=supported")
    page.locator(f'.row[data-id="{answer.id}"] .question').focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/answers/{answer.id}")


def test_a_new_answer_appears_in_an_open_list(page: Page, client: Client, motorcycle: Path) -> None:
    page.goto("/")
    expect(page.locator("#live")).to_contain_text("· live")
    fresh = client.ask(motorcycle, "Is there a giraffe?")
    expect(page.locator(".row").first).to_have_attribute("data-id", fresh.id)
    thumbnail = page.locator(".row img").first
    expect(thumbnail).to_be_visible()
    assert thumbnail.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_only_new_answers_that_the_filter_takes_appear(page: Page, client: Client, motorcycle: Path) -> None:
    page.goto("/?verdict=abstained")
    expect(page.locator("#live")).to_contain_text("· live")
    page.keyboard.press("j")
    read = client.ask(motorcycle, QUESTION)
    unread = client.ask(motorcycle, "Is there a giraffe?")
    expect(page.locator(".row").first).to_have_attribute("data-id", unread.id)
    expect(page.locator(f'.row[data-id="{read.id}"]')).to_have_count(1 if read.abstentions else 0)
    assert page.evaluate("document.activeElement.matches('.question')"), "what had the focus keeps it"


def test_a_filter_is_an_address_that_can_be_shared(page: Page, answer: Answer, reading: Answer) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("brand is written")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?text=brand+is+written")
    expect(page.locator(f'.row[data-id="{answer.id}"]')).to_have_count(1)
    expect(page.locator(f'.row[data-id="{reading.id}"]')).to_have_count(0)
    page.get_by_text("More filters").click()
    page.get_by_label("Model", exact=True).fill("nobody@7")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**/?text=brand+is+written&model=nobody%407")
    expect(page.locator("#empty")).to_contain_text("No answer fits")
    page.goto(page.url)
    expect(page.get_by_label("Model", exact=True)).to_have_value("nobody@7")


def test_a_claim_is_judged_from_the_keyboard_and_found_by_its_review(page: Page, explained: Answer) -> None:
    page.goto(f"/answers/{explained.id}")
    page.get_by_label("Note").fill("the tank says so")
    page.get_by_role("button", name="Correct").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".review")).to_contain_text("the tank says so")
    expect(page.locator("a.claim .reviewed").first).to_have_text("reviewed: correct")
    page.goto("/?review=correct")
    expect(page.locator(f'.row[data-id="{explained.id}"]')).to_contain_text("reviewed: correct")


def test_maps_of_responses_are_toggled_by_key_and_said_to_be_no_evidence(page: Page, explained: Answer) -> None:
    page.goto(f"/answers/{explained.id}")
    expect(page.locator(".relevance:visible")).to_have_count(0)
    page.keyboard.press("r")
    expect(page.locator(".relevance:visible")).to_have_count(1)
    expect(page.locator("button[data-map]").first).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".maps")).to_contain_text("no evidence")
    page.locator("button[data-map]").first.press("Enter")
    expect(page.locator(".relevance:visible")).to_have_count(0)


def test_a_follow_up_goes_on_with_the_conversation(page: Page, client: Client, explained: Answer) -> None:
    page.goto(f"/answers/{explained.id}")
    expect(page.get_by_label("Follow up in the same conversation")).to_be_checked()
    page.get_by_label("Question about the same picture").fill("Is there a giraffe?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_url("**/answers/*?from=*")
    followed = client.get_answer(page.url.split("/answers/")[1].split("?")[0])
    assert followed.proto.conversation_id == "console-test"


def test_record_and_trace_agree(page: Page, answer: Answer) -> None:
    page.goto(f"/answers/{answer.id}")
    expect(page.locator("#trace-missing")).to_have_count(0, timeout=LONG_MS)
    expect(page.locator("#trace")).to_contain_text("record and trace agree")


def test_trying_shows_the_steps_and_ends_at_the_answer(page: Page, motorcycle: Path) -> None:
    page.goto("/try")
    page.get_by_label("Picture", exact=True).set_input_files(motorcycle)
    page.get_by_label("Question", exact=True).fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".event.answer")).to_be_visible()
    kinds = page.locator(".event").evaluate_all("all => all.map(each => each.classList[1])")
    assert kinds[:3] == ["admitted", "plan", "regions"]
    assert kinds[-2:] == ["claim", "answer"]
    expect(page.locator("#stage .region.cited")).to_have_count(1)
    page.get_by_role("link", name="Open the answer").click()
    page.wait_for_url("**/answers/*")
    expect(page.locator("a.claim").first).to_contain_text("YAMAHA")
    # The spans of an answer arrive after it; the page waits for them.
    expect(page.locator(".span").first).to_be_visible()


def test_a_file_that_is_no_picture_is_refused_in_the_meshs_words(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    page.goto("/try")
    page.get_by_label("Picture", exact=True).set_input_files(text)
    page.get_by_label("Question", exact=True).fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("UNREADABLE_IMAGE")


def test_asking_again_leads_to_a_comparison(page: Page, answer: Answer) -> None:
    page.goto(f"/answers/{answer.id}")
    page.get_by_label("Question about the same picture").fill("Is there a giraffe?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_url("**/answers/*?from=*")
    page.get_by_role("link", name="Compare with the answer before").click()
    expect(page.locator("tr.removed").first).to_contain_text("YAMAHA")
    expect(page.locator(".viewer")).to_have_count(2)


def test_the_mesh_page_shows_services_models_and_latencies(page: Page, answer: Answer) -> None:
    page.goto("/mesh")
    expect(page.locator(".lamp.serving")).to_have_count(4)
    expect(page.get_by_role("region", name="Capabilities")).to_contain_text(answer.regions[0].source.model)
    expect(page.get_by_role("region", name="Latency by step")).to_contain_text("perceive")


def test_without_scripts_an_answer_can_be_read_and_asked_again(browser: Browser, mesh: Mesh, answer: Answer) -> None:
    context = browser.new_context(base_url=f"http://{mesh.addresses['console']}", java_script_enabled=False)
    plain = context.new_page()
    plain.goto("/")
    plain.locator(f'a[href="/answers/{answer.id}"]').click()
    expect(plain.locator(".chain-title")).to_have_text("How c1 came about")
    plain.get_by_label("Question about the same picture").fill("Is there a giraffe?")
    plain.get_by_role("button", name="Ask", exact=True).click()
    plain.wait_for_url("**/answers/*?from=*", timeout=LONG_MS)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
def test_every_page_fits_and_axe_finds_nothing(
    browser: Browser, mesh: Mesh, explained: Answer, reading: Answer, size: tuple[int, int], scheme: Any
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(
        base_url=f"http://{mesh.addresses['console']}",
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(LONG_MS)
    page = context.new_page()
    paths = (
        "/",
        "/?verdict=supported&model=read_text",
        f"/answers/{explained.id}",
        "/try",
        f"/compare?a={explained.id}&b={reading.id}",
        "/mesh",
        "/answers/unheard-of",
    )
    found = {}
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("networkidle") if path == "/try" else page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the window"
        violations = axe.run(page).response["violations"]
        found[path] = [(each["id"], each["impact"], each["nodes"][0]["html"][:160]) for each in violations]
    context.close()
    assert not {path: wrong for path, wrong in found.items() if wrong}
