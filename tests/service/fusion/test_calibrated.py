"""Confidences over a real server: from a calibration's file to the claim and the record."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from groundwire.v1 import answer_pb2, claim_pb2, grounding_service_pb2_grpc
from services.common.geometry import Box
from services.common.plans import Plan, Target, Task
from services.fusion.answering import Parts
from services.fusion.calibration import Uncalibrated
from services.fusion.calibration_file import read_calibration
from services.fusion.conversations import MemoryConversations
from services.fusion.servicer import GroundingServicer
from services.fusion.settings import FusionSettings
from services.runtime.channels import open_channel
from services.runtime.server import Service, always_ready, serving
from tests.fakes.answers import KnownWorld, Log
from tests.fakes.asked import ask
from tests.fakes.language import ENGINE, ScriptedLanguage
from tests.fakes.scene import Scene, Thing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from services.fusion.ports import Calibration
    from tests.fakes.asked import Stub

Q = "Is there a cup?"
PLAN = Plan(Task.EXISTS, ENGINE, (Target("t1", "cup"),))
PLATE = Thing("plate", Box(200, 200, 280, 260))
CUP = Thing("cup", Box(100, 200, 160, 260))

SCENES_DETECTOR = {"name": "detect", "version": "1", "weights_digest": "b" * 64}
ANOTHER = {**SCENES_DETECTOR, "weights_digest": "e" * 64}


def calibration(folder: Path, model: dict[str, str], *kinds: str) -> Path:
    """A file by which claims of these kinds are true with probability 0.25 at a score of 0 and 0.75 at 1."""
    curve = {"method": "isotonic", "knots": [[0.0, 0.25], [1.0, 0.75]]}
    fits = [{"kind": kind, "models": [model], "pooled": False, "curve": curve} for kind in kinds]
    path = folder / "calibration.json"
    path.write_text(json.dumps({"format": "groundwire.calibration/1", "fits": fits}))
    return path


@asynccontextmanager
async def calibrated(scene: Scene, fitted: Calibration, log: Log) -> AsyncIterator[Stub]:
    parts = Parts(
        perception=scene,
        language=ScriptedLanguage({Q: PLAN}),
        records=log,
        conversations=MemoryConversations(world=KnownWorld(), most=8, most_turns=4, idle_s=1e6),
        world=KnownWorld(),
        reserve_s=1.0,
        calibration=fitted,
    )
    servicer = GroundingServicer(parts, max_question_characters=2000, default_deadline_s=60)
    service = Service(
        "groundwire.v1.GroundingService",
        lambda server: grounding_service_pb2_grpc.add_GroundingServiceServicer_to_server(servicer, server),
        always_ready,
    )
    async with (
        serving(service, FusionSettings(port=0, grace_s=5)) as port,
        open_channel(f"127.0.0.1:{port}", max_message_bytes=1 << 24) as channel,
    ):
        yield grounding_service_pb2_grpc.GroundingServiceStub(channel)


async def claim_of(scene: Scene, fitted: Calibration, log: Log | None = None) -> claim_pb2.Claim:
    async with calibrated(scene, fitted, log or Log()) as stub:
        (claim,) = (await ask(stub, Q)).claims
    return claim


async def test_an_absence_that_known_models_searched_for_has_its_probability(tmp_path: Path) -> None:
    claim = await claim_of(Scene(things=[PLATE]), read_calibration(calibration(tmp_path, SCENES_DETECTOR, "absent")))
    assert claim.predicate.WhichOneof("kind") == "absent"
    assert claim.HasField("confidence")
    assert claim.confidence == pytest.approx(0.25 + 0.5 * claim.evidence_score)


async def test_a_claim_on_regions_of_a_known_model_has_its_probability(tmp_path: Path) -> None:
    claim = await claim_of(Scene(things=[CUP]), read_calibration(calibration(tmp_path, SCENES_DETECTOR, "exists")))
    assert claim.predicate.WhichOneof("kind") == "exists"
    assert claim.HasField("confidence")
    assert claim.confidence == pytest.approx(0.25 + 0.5 * claim.evidence_score)


@pytest.mark.parametrize(
    ("model", "kinds"),
    [
        pytest.param(ANOTHER, ("exists", "absent"), id="other weights"),
        pytest.param(SCENES_DETECTOR, ("located", "reading"), id="other kinds"),
    ],
)
@pytest.mark.parametrize("things", [[PLATE], [CUP]], ids=["absent", "exists"])
async def test_what_was_not_fitted_is_unset(
    tmp_path: Path, model: dict[str, str], kinds: tuple[str, ...], things: list[Thing]
) -> None:
    claim = await claim_of(Scene(things=things), read_calibration(calibration(tmp_path, model, *kinds)))
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert not claim.HasField("confidence")


async def test_the_record_names_the_calibration_by_the_digest_of_its_file(tmp_path: Path) -> None:
    path, log = calibration(tmp_path, SCENES_DETECTOR, "absent"), Log()
    claim = await claim_of(Scene(things=[PLATE]), read_calibration(path), log)
    recorded = answer_pb2.Answer.FromString(log.kept[0])
    assert recorded.calibration_digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert recorded.claims[0].confidence == claim.confidence


async def test_without_a_calibration_the_record_names_none() -> None:
    log = Log()
    claim = await claim_of(Scene(things=[PLATE]), Uncalibrated(), log)
    assert not claim.HasField("confidence")
    assert not answer_pb2.Answer.FromString(log.kept[0]).calibration_digest


def test_fusion_does_not_start_on_a_malformed_calibration(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text("{}")
    environment = {**os.environ, "GROUNDWIRE_FUSION_PORT": "0", "GROUNDWIRE_FUSION_CALIBRATION_FILE": str(path)}
    command = [sys.executable, "-m", "services.fusion"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own service
    assert ended.returncode == 1
    assert "cannot start" in ended.stdout + ended.stderr
    assert "calibration.json: format: Field required" in ended.stdout + ended.stderr
