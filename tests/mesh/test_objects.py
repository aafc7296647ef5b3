"""Things on real photos, through the whole mesh: a real detector, the rules, and every service in its own process.

The detector is the reference of the developers' folder, brought along as any ONNX detector is. It is weak and knows 80
classes; that it is the only one is said by the answers: two looks of one model are not two witnesses.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS
from groundwire.models import adding
from groundwire.models.bindings import BindingsFile, Place
from groundwire.models.store import Store
from groundwire.v1 import (
    claim_pb2,
    grounding_service_pb2,
    grounding_service_pb2_grpc,
    image_pb2,
    plan_pb2,
    region_pb2,
)
from services.common.geometry import Box, iou
from services.runtime import wire
from tests.mesh.conftest import SHARED, client_of
from tests.mesh.test_models_store import FASTESTDET, MODEL, NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundwire import Answer, Client

pytestmark = pytest.mark.skipif(not MODEL.exists(), reason="the labelled photos and the detector are not at hand")

OBJECTS = SHARED / "objects"
GIRAFFE, TWO_GIRAFFES, MOTORBIKE = "000000000025.jpg", "000000000136.jpg", "000000000086.jpg"
ABSENT_QUESTIONS = 100


@pytest.fixture(scope="module")
def sighted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A caller of a mesh to which the detector is bound: as the quick look, and so as the careful one too."""
    home, beside = tmp_path_factory.mktemp("sighted"), tmp_path_factory.mktemp("beside")
    descriptor = beside / "fastestdet.toml"
    descriptor.write_text(FASTESTDET)
    (beside / NAMES.name).write_bytes(NAMES.read_bytes())
    adding.add(Store(home), "fastestdet", MODEL, descriptor, now=datetime(2026, 1, 1, tzinfo=UTC))
    BindingsFile(home).write({Place("detect", "fast"): "fastestdet"})
    with Mesh.start(home, ports=free_ports(COMPONENTS)) as mesh, client_of(mesh) as client:
        yield client


def truth() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((OBJECTS / "truth.json").read_text())
    return rows


def boxes(image: str, label: str) -> list[Box]:
    row = next(row for row in truth() if row["image"] == image)
    return [Box(*each["box_xyxy"]) for each in row["objects"] if each["label"] == label]


def only(answer: Answer) -> claim_pb2.Claim:
    (claim,) = answer.claims
    return claim


def cited(answer: Answer, claim: claim_pb2.Claim) -> list[Box]:
    return [wire.box_from(region.box, "box") for region in answer.regions_of(claim)]


def kinds(claim: claim_pb2.Claim) -> set[int]:
    return {check.kind for check in claim.checks if check.outcome == claim_pb2.CHECK_OUTCOME_PASSED}


def test_a_thing_that_is_there_is_claimed_at_its_place(sighted: Client) -> None:
    answer = sighted.ask(OBJECTS / GIRAFFE, "Where is the giraffe?")
    claim = only(answer)
    place = cited(answer, claim)[0]
    assert claim.predicate.WhichOneof("kind") == "located"
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert max(iou(place, box) for box in boxes(GIRAFFE, "giraffe")) >= 0.5


def test_what_is_not_there_is_absent_by_who_searched_for_it(sighted: Client) -> None:
    claim = only(sighted.ask(OBJECTS / GIRAFFE, "Is there a sofa?"))
    absent = claim.predicate.absent
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert list(absent.queries) == ["sofa", "couch", "settee"][: len(absent.queries)]
    assert [search.source.tier for search in absent.searches] == [region_pb2.TIER_FAST, region_pb2.TIER_ACCURATE]
    assert {search.source.model for search in absent.searches} == {"fastestdet"}
    assert all(len(search.source.weights_digest) == 64 for search in absent.searches)


def test_what_the_detector_does_not_know_is_not_checkable(sighted: Client) -> None:
    answer = sighted.ask(OBJECTS / GIRAFFE, "Is there a unicorn?")
    assert not answer.claims
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE
    assert answer.abstentions[0].capability == region_pb2.CAPABILITY_DETECT


def test_things_are_counted(sighted: Client) -> None:
    answer = sighted.ask(OBJECTS / TWO_GIRAFFES, "How many giraffes are there?")
    claim = only(answer)
    assert claim.predicate.count.value == len(boxes(TWO_GIRAFFES, "giraffe")) == 2
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert len(cited(answer, claim)) == 2


def test_a_colour_is_told_and_measured_again(sighted: Client) -> None:
    claim = only(sighted.ask(OBJECTS / GIRAFFE, "What colour is the giraffe?"))
    assert "brown" in claim.predicate.attribute.value
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert claim_pb2.CHECK_KIND_COLOR in kinds(claim)


def test_a_colour_that_it_has_not_is_no_claim_of_presence(sighted: Client) -> None:
    answer = sighted.ask(OBJECTS / GIRAFFE, "Is there a purple giraffe?")
    assert [claim.predicate.WhichOneof("kind") for claim in answer.claims] == ["absent"]


def test_a_condition_stays_open_without_a_judge(sighted: Client) -> None:
    claim = only(sighted.ask(OBJECTS / GIRAFFE, "Is the giraffe asleep?"))
    judged = next(check for check in claim.checks if check.kind == claim_pb2.CHECK_KIND_JUDGE)
    assert claim.verdict == claim_pb2.VERDICT_UNVERIFIED
    assert judged.inconclusive_reason == claim_pb2.INCONCLUSIVE_REASON_NOT_BOUND


def test_a_relation_is_claimed_with_both_things(sighted: Client) -> None:
    answer = sighted.ask(OBJECTS / MOTORBIKE, "Is there a person on the motorbike?")
    claim = only(answer)
    person, motorbike = cited(answer, claim)
    assert claim.predicate.related.kind == plan_pb2.RELATION_KIND_ON
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert claim_pb2.CHECK_KIND_GEOMETRY in kinds(claim)
    assert max(iou(person, box) for box in boxes(MOTORBIKE, "person")) >= 0.5
    assert max(iou(motorbike, box) for box in boxes(MOTORBIKE, "motorbike")) >= 0.5


def test_things_are_compared(sighted: Client) -> None:
    claim = only(sighted.ask(OBJECTS / MOTORBIKE, "Which is larger, the person or the motorbike?"))
    assert (claim.predicate.compared.label, claim.predicate.compared.other_label) == ("motorbike", "person")
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


def test_the_detector_knows_the_motorcycle_by_another_name(sighted: Client, motorcycle: Path) -> None:
    claim = only(sighted.ask(motorcycle, "Is there a motorcycle?"))
    assert claim.predicate.WhichOneof("kind") == "exists"


def test_lettering_is_placed_on_its_thing(sighted: Client, motorcycle: Path) -> None:
    answer = sighted.ask(motorcycle, "What brand is written on the motorcycle?")
    claim = only(answer)
    lettering, carrier = answer.regions_of(claim)
    assert (claim.predicate.field.value, carrier.label) == ("YAMAHA", "motorbike")
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert claim_pb2.CHECK_KIND_GEOMETRY in kinds(claim)
    assert lettering.source.capability == region_pb2.CAPABILITY_READ_TEXT


def test_it_is_what_the_question_before_was_about(sighted: Client) -> None:
    image = image_pb2.ImageInput(content=(OBJECTS / MOTORBIKE).read_bytes())
    with grpc.insecure_channel(sighted.addresses.fusion) as channel:
        stub = grounding_service_pb2_grpc.GroundingServiceStub(channel)
        answers = [
            stub.Ask(grounding_service_pb2.AskRequest(image=image, question=question, conversation_id="mesh")).answer
            for question in ("Where is the motorbike?", "What colour is it?")
        ]
    (where,), (colour,) = (answer.claims for answer in answers)
    assert colour.predicate.WhichOneof("kind") == "attribute"
    assert colour.citations[0].region_id == where.citations[0].region_id


def test_a_hundred_questions_about_absent_things_support_no_presence(sighted: Client) -> None:
    rows = truth()
    labels = sorted({each["label"] for row in rows for each in row["objects"]})
    asked = [(row, label) for number, row in enumerate(rows) for label in _absent(row, labels, number)]
    present = []
    for row, label in asked[:ABSENT_QUESTIONS]:
        answer = sighted.ask(OBJECTS / row["image"], f"Is there a {label}?")
        assert answer.claims or answer.abstentions
        present += [
            (row["image"], label) for claim in answer.supported if claim.predicate.WhichOneof("kind") != "absent"
        ]
    assert not present


def _absent(row: dict[str, Any], labels: list[str], number: int) -> list[str]:
    """Two labels that the picture has nothing of; others for each picture."""
    there = {each["label"] for each in row["objects"]}
    missing = [label for label in labels if label not in there]
    return [missing[(7 * number + 31 * turn) % len(missing)] for turn in range(2)]
