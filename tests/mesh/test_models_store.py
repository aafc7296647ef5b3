"""Models on a real mesh: pulled, bound, swapped under load, broken, unbound; and a real detector, brought along."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest
from faster_coco_eval import COCO, COCOeval_faster  # type: ignore[import-untyped]

from groundwire.cli.models_parts import Parts
from groundwire.mesh import triton
from groundwire.models import adding, pulling
from groundwire.models.bindings import BindingsFile, Place
from groundwire.models.errors import NotLoaded
from groundwire.models.hub import Hub
from groundwire.models.pulling import Wanted
from groundwire.models.store import Store
from groundwire.v1 import perception_service_pb2_grpc, region_pb2
from tests.fakes.colour_detector import DESCRIPTOR, colour_detector
from tests.fakes.hub import FakeHub
from tests.mesh.conftest import SHARED
from tests.mesh.seeing import BLUE_BOX, PROJECT, RED_BOX, Seeing, edges, look, png, put, seeing, squares

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FAST, ACCURATE = Place("detect", "fast"), Place("detect", "accurate")


@pytest.fixture(scope="module")
def hub() -> Iterator[FakeHub]:
    with FakeHub() as serving:
        for number in range(3):
            files = {"groundwire.toml": DESCRIPTOR.encode(), "colours.onnx": colour_detector(number)}
            serving.put(f"people/colours{number}", files, licence="mit")
        broken = {"groundwire.toml": DESCRIPTOR.encode(), "colours.onnx": b"no network"}
        serving.put("people/broken", broken, licence="mit")
        yield serving


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory, hub: FakeHub) -> Iterator[Seeing]:
    """A mesh with the hub's models in its store and nothing bound."""
    with seeing(tmp_path_factory.mktemp("seeing")) as ready:
        for hub_id in hub.repositories:
            pulling.pull(ready.store, Hub(hub.endpoint), Wanted(hub_id), now=NOW)
        yield ready


@pytest.fixture
def bench(stocked: Seeing) -> Iterator[Seeing]:
    """The same, with nothing bound again afterwards."""
    yield stocked
    for place in stocked.binder.table.read():
        stocked.binder.unbind(place)


@pytest.fixture
async def eye(bench: Seeing) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(bench.mesh.addresses["perception"]) as channel:
        yield perception_service_pb2_grpc.PerceptionServiceStub(channel)


async def test_what_was_pulled_and_bound_is_seen_with_and_says_what_it_cannot_see(bench: Seeing, eye: Any) -> None:
    digest = await put(eye, squares())
    with pytest.raises(grpc.aio.AioRpcError) as absent:
        await look(eye, digest, "red thing")
    assert absent.value.code() is grpc.StatusCode.FAILED_PRECONDITION

    bench.binder.bind(FAST, "colours0")
    found = await look(eye, digest, "fire", "unicorn", "Blue Things")

    at = {region.label: region for region in found.regions}
    assert set(at) == {"fire", "Blue Things"}
    # The network sees the picture at 64 x 64: a pixel of it is 4 x 2 of the picture's.
    np.testing.assert_allclose(edges(at["fire"]), RED_BOX, atol=4)
    np.testing.assert_allclose(edges(at["Blue Things"]), BLUE_BOX, atol=4)
    assert found.unsearchable_phrases == ["unicorn"]
    source = at["fire"].source
    assert (source.model, source.version) == ("colours0", "1")
    assert source.weights_digest == bench.store.card("colours0").weights_digest


async def test_nothing_of_a_colour_that_is_known_is_found_out_by_searching(bench: Seeing, eye: Any) -> None:
    blank = png(np.full((60, 90, 3), 255, np.uint8))
    bench.binder.bind(FAST, "colours0")

    found = await look(eye, await put(eye, blank), "red thing")

    assert (list(found.regions), list(found.unsearchable_phrases)) == ([], [])


async def test_swapping_under_load_fails_no_request(bench: Seeing, eye: Any) -> None:
    """Three models take turns while fifty callers look again and again; the old one is unloaded each time."""
    digest = await put(eye, squares())
    bench.binder.bind(FAST, "colours0")
    swapped = asyncio.Event()
    models: list[str] = []

    async def caller() -> None:
        while not swapped.is_set():
            found = await look(eye, digest, "red thing")
            models.extend(region.source.model for region in found.regions)

    callers = [asyncio.create_task(caller()) for _ in range(50)]
    for number in (1, 2, 0, 1):
        await asyncio.to_thread(bench.binder.bind, FAST, f"colours{number}")
        (region,) = (await look(eye, digest, "red thing")).regions
        assert region.source.model == f"colours{number}", "from the binding on, the new one answers"
    swapped.set()
    await asyncio.gather(*callers)

    assert set(models) == {"colours0", "colours1", "colours2"}
    assert len(models) >= 50
    assert [path.name for path in triton.bound_folder(bench.mesh.home).iterdir()] == ["colours1"]


async def test_a_model_that_does_not_load_leaves_what_is_bound_and_all_others_alone(bench: Seeing, eye: Any) -> None:
    digest = await put(eye, squares())
    bench.binder.bind(FAST, "colours0")

    with pytest.raises(NotLoaded, match="broken"):
        bench.binder.bind(FAST, "broken")

    assert bench.binder.table.read() == {FAST: "colours0"}
    assert not (triton.bound_folder(bench.mesh.home) / "broken").exists()
    assert len((await look(eye, digest, "red thing")).regions) == 1


def test_a_model_is_measured_through_triton_and_leaves_nothing_behind(bench: Seeing) -> None:
    benched = Parts(bench.store, bench.binder).bench("colours0", "", None, ["red thing"], calls=5)

    assert [(run.callers, run.calls) for run in benched.runs] == [(1, 5), (4, 20)]
    assert all(0 < run.p50_ms <= run.p95_ms and run.per_second > 0 for run in benched.runs)
    assert list(triton.bound_folder(bench.mesh.home).iterdir()) == []


async def test_the_next_start_loads_what_is_bound_and_a_bound_model_that_is_broken_stops_nothing(
    tmp_path: Path, hub: FakeHub
) -> None:
    store, table = Store(tmp_path), BindingsFile(tmp_path)
    for hub_id in hub.repositories:
        pulling.pull(store, Hub(hub.endpoint), Wanted(hub_id), now=NOW)
    table.write({FAST: "colours0", ACCURATE: "broken"})

    with seeing(tmp_path) as started:
        assert started.status() == {"colours0": True, "broken": False}
        async with grpc.aio.insecure_channel(started.mesh.addresses["perception"]) as channel:
            eye = perception_service_pb2_grpc.PerceptionServiceStub(channel)
            digest = await put(eye, squares())
            assert len((await look(eye, digest, "red thing")).regions) == 1
            with pytest.raises(grpc.aio.AioRpcError) as absent:
                await look(eye, digest, "red thing", tier=region_pb2.TIER_ACCURATE)
    assert absent.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "broken" in str(absent.value.details())


# --- a real detector ---

MODEL, NAMES = SHARED.parent / "models" / "fastestdet.onnx", SHARED.parent / "models" / "coco_names.txt"
THRESHOLD, NMS_IOU = 0.05, 0.45
FASTESTDET = f"""
classes = "{NAMES.name}"
licence = "BSD-3-Clause"
[input]
size = [352, 352]
channels = "BGR"
[output]
format = "fastestdet_grid"
score_threshold = {THRESHOLD}
nms_iou = {NMS_IOU}
"""

Boxes = list[tuple[float, float, float, float, float, int]]
"""xyxy in pixels of the picture, score, class number: what was found in one picture."""


def ap50(truth: Sequence[Any], names: Sequence[str], found: Sequence[Boxes]) -> float:
    """Average precision at an IoU of one half over all classes, in points, by COCO's rules."""
    numbers = {name: number for number, name in enumerate(names)}
    images = [
        {"id": number, "width": row["size_wh"][0], "height": row["size_wh"][1]} for number, row in enumerate(truth)
    ]
    boxes = [
        (picture, each["box_xyxy"], numbers[each["label"]])
        for picture, row in enumerate(truth)
        for each in row["objects"]
    ]
    marked = [
        {"id": number, "image_id": picture, "category_id": label, "bbox": _xywh(box), "area": _area(box), "iscrowd": 0}
        for number, (picture, box, label) in enumerate(boxes, start=1)
    ]
    categories = [{"id": number, "name": name} for name, number in numbers.items()]
    judged = COCO({"images": images, "annotations": marked, "categories": categories})
    answers = [
        {"image_id": picture, "category_id": label, "bbox": _xywh(box), "score": score}
        for picture, each in enumerate(found)
        for *box, score, label in each
    ]
    evaluation = COCOeval_faster(judged, judged.loadRes(answers), "bbox", print_function=lambda *_: None)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return 100 * float(evaluation.stats[1])


def _xywh(box: Sequence[float]) -> list[float]:
    return [box[0], box[1], box[2] - box[0], box[3] - box[1]]


def _area(box: Sequence[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def outside(pictures: Sequence[Path], layout: Path) -> list[Boxes]:
    """What the network finds when a script runs it, in the Python of Triton's environment."""
    server = triton.find_server(os.environ, [PROJECT], layout)
    python = next(Path(folder) / "python" for folder in (server.environment or {})["PATH"].split(os.pathsep))
    script = Path(__file__).with_name("fastestdet_outside.py")
    command = [*map(str, (python, script, MODEL, THRESHOLD, NMS_IOU, *pictures))]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    found: list[Boxes] = json.loads(ran.stdout)
    return found


async def inside(eye: Any, pictures: Sequence[Path], names: Sequence[str]) -> list[Boxes]:
    """What perception finds: every class by name, forty at a time."""
    found: list[Boxes] = []
    for picture in pictures:
        digest = await put(eye, picture.read_bytes())
        halves = [await look(eye, digest, *names[start : start + 40]) for start in (0, 40)]
        regions = [region for half in halves for region in half.regions]
        assert not any(half.unsearchable_phrases for half in halves)
        found.append([(*edges(each), each.score, names.index(each.label)) for each in regions])
    return found


@pytest.mark.skipif(not MODEL.exists(), reason="the labelled photos and the detector (shared/) are not at hand")
async def test_a_detector_that_was_brought_along_is_as_good_inside_as_outside(
    bench: Seeing, eye: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    descriptor = tmp_path / "fastestdet.toml"
    descriptor.write_text(FASTESTDET)
    (tmp_path / NAMES.name).write_bytes(NAMES.read_bytes())
    adding.add(bench.store, "fastestdet", MODEL, descriptor, now=NOW)
    bench.binder.bind(FAST, "fastestdet")
    names = [name for name in NAMES.read_text().splitlines() if name]
    truth = json.loads((SHARED / "objects" / "truth.json").read_text())
    pictures = [SHARED / "objects" / row["image"] for row in truth]

    by_hand = ap50(truth, names, await asyncio.to_thread(outside, pictures, tmp_path / "layout"))
    through = ap50(truth, names, await inside(eye, pictures, names))

    with capsys.disabled():
        print(f"\nAP50 of FastestDet on {len(pictures)} photos: outside {by_hand:.2f}, inside {through:.2f}")  # noqa: T201
    assert by_hand > 15, "the network is weak, but not blind"
    assert through == pytest.approx(by_hand, abs=2)
