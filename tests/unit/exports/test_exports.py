"""Answers in the forms of other tools, read back by those tools."""

from __future__ import annotations

import contextlib
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from prov.model import ProvDocument

from groundwire.errors import Internal, InvalidRequest
from groundwire.exports import c2pa_jpeg, coco, prov_json
from groundwire.v1 import answer_pb2, claim_pb2

if TYPE_CHECKING:
    from pathlib import Path

pycocotools_mask: Any = pytest.importorskip("pycocotools.mask")


def an_answer() -> answer_pb2.Answer:
    """A lettering region with an outline, an object with a mask, one with a box alone; a claim on the first two."""
    answer = answer_pb2.Answer(id="0192f3a4-1111-7000-8000-000000000001", question="Which sign?", trace_id="ab" * 16)
    answer.image.digest, answer.image.media_type = "a1" * 32, "image/png"
    answer.image.size.width, answer.image.size.height = 64, 48
    answer.create_time.FromJsonString("2026-11-23T10:00:00Z")
    answer.record.index, answer.record.digest = 7, "cd" * 32
    answer.composer.name, answer.composer.temperature = "qwen", 0.0
    for number, (label, text) in enumerate((("", "EXIT"), ("door", ""), ("red car", "")), 1):
        region = answer.regions.add(id=f"r{number}", image_digest="a1" * 32, label=label, text=text)
        region.box.x_min, region.box.y_min, region.box.x_max, region.box.y_max = 4, 5, 24, 15
        region.source.model, region.source.version, region.source.weights_digest = "read_text", "1", "ef" * 32
    answer.regions[0].score = 0.9
    for x, y in ((4, 5), (24, 5), (24, 15), (4, 15)):
        answer.regions[0].polygon.points.add(x=x, y=y)
    answer.regions[1].mask.CopyFrom(answer_pb2.Answer().regions.add().mask)
    answer.regions[1].mask.size.width, answer.regions[1].mask.size.height = 64, 48
    answer.regions[1].mask.counts = pycocotools_mask.encode(np.asfortranarray(a_mask()))["counts"]
    claim = answer.claims.add(id="c1", text="It says EXIT.", verdict=claim_pb2.VERDICT_SUPPORTED)
    for region_id in ("r1", "r2"):
        claim.citations.add(region_id=region_id, role=claim_pb2.CITATION_ROLE_SUPPORTS)
    check = claim.checks.add(kind=claim_pb2.CHECK_KIND_TEXT, outcome=claim_pb2.CHECK_OUTCOME_PASSED, detail="as read")
    check.figures["similarity"] = 1.0
    check.source.model = "read_again"
    return answer


def a_mask() -> np.ndarray[Any, np.dtype[np.uint8]]:
    mask = np.zeros((48, 64), np.uint8)
    mask[5:15, 4:24] = 1
    mask[7, 9] = 0
    mask[40:, 60:] = 1
    return mask


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools with this numpy
def test_coco_is_read_by_its_own_tools(tmp_path: Path) -> None:
    from pycocotools.coco import COCO  # type: ignore[import-untyped]  # noqa: PLC0415 - skipped where it is absent

    file = tmp_path / "answer.json"
    file.write_text(coco.coco_json(an_answer()))
    with contextlib.redirect_stdout(io.StringIO()):
        read = COCO(str(file))
    assert {read.cats[number]["name"] for number in read.getCatIds()} == {"door", "lettering", "red car"}
    lettering, door, car = read.loadAnns(read.getAnnIds())
    assert read.loadImgs(1)[0]["width"] == 64
    assert (lettering["bbox"], lettering["area"], lettering["score"]) == ([4, 5, 20, 10], 200, 0.9)
    assert (lettering["text"], lettering["claims"], "score" in car) == ("EXIT", ["c1"], False)
    assert np.array_equal(read.annToMask(door), a_mask())
    assert door["area"] == a_mask().sum() == pycocotools_mask.area(read.annToRLE(door))
    assert read.annToMask(car).sum() == car["area"] == 200


@pytest.mark.parametrize("seed", range(20))
def test_the_area_of_any_mask_is_what_its_tools_say(seed: int) -> None:
    source = np.random.default_rng(seed)
    mask = (source.random((source.integers(1, 50), source.integers(1, 300))) < source.random()).astype(np.uint8)
    answer = an_answer()
    region = answer.regions[1]
    region.mask.size.height, region.mask.size.width = mask.shape
    region.mask.counts = pycocotools_mask.encode(np.asfortranarray(mask))["counts"]
    (annotation,) = [each for each in json.loads(coco.coco_json(answer))["annotations"] if each["region"] == "r2"]
    assert annotation["area"] == mask.sum()


def test_a_mask_that_does_not_fill_its_image_is_refused() -> None:
    answer = an_answer()
    answer.regions[1].mask.counts = b"0"
    with pytest.raises(Internal):
        coco.coco_json(answer)


def test_prov_leads_from_a_claim_to_its_regions_their_model_and_the_image() -> None:
    answer = an_answer()
    text = prov_json.prov_json(answer)
    document = ProvDocument.deserialize(content=text, format="json")
    said = json.loads(text)
    base = f"gw:answer/{answer.id}"
    derived = {
        (each["prov:generatedEntity"], each["prov:usedEntity"], each.get("gw:role", ""))
        for each in said["wasDerivedFrom"].values()
    }
    assert (f"{base}/claim/c1", f"{base}/region/r1", "supports") in derived
    assert (f"{base}/region/r1", f"gw:image/{answer.image.digest}", "") in derived
    made_by = {each["prov:entity"]: each["prov:activity"] for each in said["wasGeneratedBy"].values()}
    runs = {each["prov:activity"]: each["prov:agent"] for each in said["wasAssociatedWith"].values()}
    assert runs[made_by[f"{base}/region/r2"]] == "gw:model/read_text@1"
    assert said["agent"]["gw:model/read_text@1"]["gw:weights"] == "ef" * 32
    assert said["entity"][f"{base}/check/c1.1"]["gw:outcome"] == "passed"
    assert said["entity"][base]["gw:record"]["$"] == "7"
    assert len(list(document.get_records())) == len(list(ProvDocument.deserialize(content=text).get_records()))


def test_a_signed_picture_holds_the_claims_and_one_changed_byte_shows() -> None:
    answer = an_answer()
    signed = c2pa_jpeg.signed_jpeg(answer, Image.new("RGB", (64, 48), "red"), c2pa_jpeg.make_signer())
    with Image.open(io.BytesIO(signed)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (64, 48))
    said = c2pa_jpeg.validation(signed)
    assert said["validation_state"] == "Valid"
    assertions = said["manifests"][said["active_manifest"]]["assertions"]
    (claims,) = [each["data"] for each in assertions if each["label"] == c2pa_jpeg.ASSERTION]
    assert claims["record"] == {"index": 7, "sha256": "cd" * 32}
    assert [region["id"] for region in claims["claims"][0]["regions"]] == ["r1", "r2"]
    spoiled = bytearray(signed)
    spoiled[-20] ^= 1
    found = c2pa_jpeg.validation(bytes(spoiled))
    assert found["validation_state"] == "Invalid"
    assert "assertion.dataHash.mismatch" in {each["code"] for each in found["validation_status"]}


def test_another_key_than_the_certificates_cannot_sign(tmp_path: Path) -> None:
    one, other = c2pa_jpeg.make_signer(), c2pa_jpeg.make_signer()
    (tmp_path / "chain.pem").write_bytes(one.chain)
    (tmp_path / "key.pem").write_bytes(other.key)
    given = c2pa_jpeg.Signer.read(tmp_path / "chain.pem", tmp_path / "key.pem")
    with pytest.raises(InvalidRequest, match="cannot be signed"):
        c2pa_jpeg.signed_jpeg(an_answer(), Image.new("RGB", (64, 48)), given)
    with pytest.raises(InvalidRequest, match="cannot be signed"):
        c2pa_jpeg.signed_jpeg(an_answer(), Image.new("RGB", (64, 48)), c2pa_jpeg.Signer(b"no", b"key"))
    with pytest.raises(InvalidRequest, match="cannot be read"):
        c2pa_jpeg.Signer.read(tmp_path / "none.pem", tmp_path / "key.pem")
    plain = io.BytesIO()
    Image.new("RGB", (8, 8)).save(plain, "JPEG")
    with pytest.raises(InvalidRequest, match="no manifest"):
        c2pa_jpeg.validation(plain.getvalue())
