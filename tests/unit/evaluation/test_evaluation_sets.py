"""Tiny folders in each published layout."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from groundwire.evaluation import sets
from groundwire.evaluation.errors import SetNotReadable
from groundwire.evaluation.examples import Example, Gold, Phrases, Question, Reading
from groundwire.evaluation.sets.refcoco import unpickled


def picture(path: Path, size: tuple[int, int] = (64, 48)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size).save(path)


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


INSTANCES = {
    "images": [{"id": 1, "file_name": "COCO_train2014_000000000001.jpg"}],
    "annotations": [{"id": 7, "bbox": [1, 2, 10, 20]}, {"id": 8, "bbox": [30, 2, 10, 20]}],
}


def ref(**other: Any) -> dict[str, Any]:
    sentence = {"sent_id": 5, "sent": "left cup", "raw": "left cup", "tokens": ["left", "cup"]}
    return {"ref_id": 3, "ann_id": 7, "image_id": 1, "split": "testA", "sentences": [sentence], **other}


@pytest.mark.parametrize("pickled", [True, False])
def test_refcoco(tmp_path: Path, *, pickled: bool) -> None:
    refs = [ref(), ref(split="val", sentences=[{"sent_id": 6, "sent": "cup"}])]
    if pickled:
        (tmp_path / "refs(unc).p").write_bytes(pickle.dumps(refs, protocol=2))
    else:
        write(tmp_path / "refs(unc).json", refs)
    write(tmp_path / "instances.json", INSTANCES)
    picture(tmp_path / "images/COCO_train2014_000000000001.jpg")
    gold = Gold("located", "left cup", boxes=((1, 2, 11, 22),))
    image = tmp_path / "images/COCO_train2014_000000000001.jpg"
    (example,) = sets.load("refcoco", tmp_path, split="testA")
    assert example == Example("5", image, Phrases(("left cup",)), (gold,), "testA")
    assert len(sets.load("refcoco", tmp_path)) == 2


class Harm:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Path.mkdir, ("harmed",)


@pytest.mark.parametrize("content", [pickle.dumps([Harm()]), b"", b"no pickle", pickle.dumps([Path("x")])])
def test_a_pickle_runs_nothing(content: bytes) -> None:
    with pytest.raises(SetNotReadable):
        unpickled(content)
    assert not Path("harmed").exists()


def test_grefcoco_has_phrases_for_several_and_for_none(tmp_path: Path) -> None:
    grefs = [
        ref(ann_id=[7, 8]),
        ref(ann_id=[-1], no_target=True, sentences=[{"sent_id": 9, "sent": "the elephant"}]),
    ]
    write(tmp_path / "grefs(unc).json", grefs)
    write(tmp_path / "instances.json", INSTANCES)
    picture(tmp_path / "images/COCO_train2014_000000000001.jpg")
    both, none = sets.load("grefcoco", tmp_path)
    assert list(both.golds[0].boxes) == [(1, 2, 11, 22), (30, 2, 40, 22)]
    assert none.golds == (Gold("absent", "the elephant"),)


def test_ref_l4(tmp_path: Path) -> None:
    row = {"id": 4, "caption": "the cup", "bbox": [1, 1, 2, 2], "file_name": "a.jpg"}
    write(tmp_path / "ref-l4-val.jsonl", json.dumps(row) + "\n")
    picture(tmp_path / "images/a.jpg")
    (example,) = sets.load("ref-l4", tmp_path, split="val")
    assert (example.golds[0].boxes, example.stratum) == (((1, 1, 3, 3),), "val")


def test_ref_l4_in_parquet_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "ref-l4-val.parquet").write_bytes(b"PAR1")
    with pytest.raises(SetNotReadable, match="JSON Lines"):
        sets.load("ref-l4", tmp_path)


XML = """<annotation><filename>12.jpg</filename>
<object><name>1</name><name>2</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object>
<object><name>1</name><bndbox><xmin>5</xmin><ymin>6</ymin><xmax>7</xmax><ymax>8</ymax></bndbox></object>
<object><name>3</name><scene>1</scene><nobndbox>1</nobndbox></object></annotation>"""


def test_flickr30k(tmp_path: Path) -> None:
    caption = "[/EN#1/people Two young guys] with [/EN#2/bodyparts shaggy hair] in [/EN#3/scene the park] ."
    write(tmp_path / "Sentences/12.txt", caption + "\n")
    write(tmp_path / "Annotations/12.xml", XML)
    write(tmp_path / "test.txt", "12\n")
    picture(tmp_path / "flickr30k-images/12.jpg")
    (example,) = sets.load("flickr30k", tmp_path, split="test")
    assert example.ask == Phrases(("Two young guys", "shaggy hair"))
    assert [gold.boxes for gold in example.golds] == [((1, 2, 3, 4), (5, 6, 7, 8)), ((1, 2, 3, 4),)]


def test_coco_asks_for_every_class_and_is_silent_about_crowds(tmp_path: Path) -> None:
    labels = [{"id": number, "name": f"class {number}"} for number in range(1, 41)]
    things = [
        {"id": 1, "image_id": 2, "category_id": 1, "bbox": [0, 0, 5, 5], "iscrowd": 0},
        {"id": 2, "image_id": 2, "category_id": 3, "bbox": [9, 9, 5, 5], "iscrowd": 1},
    ]
    images = [{"id": 2, "file_name": "b.jpg"}]
    data = {"images": images, "annotations": things, "categories": labels}
    write(tmp_path / "annotations/instances_val2017.json", data)
    picture(tmp_path / "val2017/b.jpg")
    first, second = sets.load("coco", tmp_path, split="val2017")
    assert isinstance(first.ask, Phrases)
    assert isinstance(second.ask, Phrases)
    assert (len(first.ask.phrases), len(second.ask.phrases)) == (32, 8)
    assert first.golds[0] == Gold("located", "class 1", boxes=((0, 0, 5, 5),))
    assert first.golds[2] == Gold("absent", "class 3")
    assert first.ignore == ((9, 9, 14, 14),)


def test_pope(tmp_path: Path) -> None:
    rows = [
        {"question_id": n, "image": "c.jpg", "text": f"Is there a {thing} in the image?", "label": label}
        for n, (thing, label) in enumerate([("dog", "yes"), ("cat", "no")], 1)
    ]
    write(tmp_path / "coco_pope_adversarial.json", "\n".join(json.dumps(row) for row in rows))
    picture(tmp_path / "val2014/c.jpg")
    there, absent = sets.load("pope", tmp_path)
    assert (there.golds[0].kind, absent.golds[0].kind) == ("exists", "absent")
    assert (there.id, there.stratum) == ("adversarial.1", "adversarial")


def test_vqa(tmp_path: Path) -> None:
    asked = {"data_subtype": "val2014", "questions": [{"question_id": 1, "image_id": 42, "question": "What?"}]}
    answers = [{"answer": "red"}, {"answer": "blue"}]
    told = [{"question_id": 1, "image_id": 42, "answers": answers, "answer_type": "other"}]
    write(tmp_path / "v2_OpenEnded_mscoco_val2014_questions.json", asked)
    write(tmp_path / "v2_mscoco_val2014_annotations.json", {"annotations": told})
    picture(tmp_path / "val2014/COCO_val2014_000000000042.jpg")
    (example,) = sets.load("vqa", tmp_path)
    assert (example.ask, example.golds[0].values) == (Question("What?"), ("red", "blue"))


def test_sroie(tmp_path: Path) -> None:
    picture(tmp_path / "train/img/X1.jpg")
    write(tmp_path / "train/box/X1.txt", "1,2,30,2,30,9,1,9,SHOP, LTD\n1,12,30,12,30,19,1,19,TOTAL 9.00\n")
    write(tmp_path / "train/key/X1.json", {"company": "SHOP, LTD", "date": "", "total": "9.00"})
    total, company = sets.load("sroie", tmp_path, split="train")
    assert total.golds == (Gold("field", "total", ("9.00",), ((1, 12, 30, 19),)),)
    assert company.golds == (Gold("field", "company", ("SHOP, LTD",), ((1, 2, 30, 9),)),)
    assert company.lettering == ("SHOP, LTD", "TOTAL 9.00")


def test_icdar2015_is_silent_about_unreadable_words(tmp_path: Path) -> None:
    picture(tmp_path / "ch4_training_images/img_1.jpg")
    lines = "﻿1,1,9,2,9,6,1,5,EXIT\n20,20,30,20,30,25,20,25,###\n40,1,50,1,50,5,40,5,A,B\n"
    write(tmp_path / "ch4_training_localization_transcription_gt/gt_img_1.txt", lines)
    (example,) = sets.load("icdar2015", tmp_path)
    assert example.ask == Reading()
    assert [gold.values for gold in example.golds] == [("EXIT",), ("A,B",)]
    assert list(example.golds[0].boxes) == [(1, 1, 9, 6)]
    assert example.ignore == ((20, 20, 30, 25),)


def test_davis_knows_when_an_object_is_out_of_view(tmp_path: Path) -> None:
    for number in range(21):
        picture(tmp_path / f"JPEGImages/480p/bear/{number:05d}.jpg")
        mask = Image.new("P", (64, 48))
        mask.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
        if number < 15:
            mask.paste(2, (10, 5, 20, 25))
        (tmp_path / "Annotations/480p/bear").mkdir(parents=True, exist_ok=True)
        mask.save(tmp_path / f"Annotations/480p/bear/{number:05d}.png")
    write(tmp_path / "davis_text_annotations/Davis17_annot1.txt", 'bear 2 "a brown bear"\nother 1 "a dog"\n')
    write(tmp_path / "ImageSets/2017/val.txt", "bear\n")
    examples = sets.load("davis", tmp_path, split="val")
    assert [example.golds[0].boxes for example in examples] == [((10, 5, 20, 25),), ((10, 5, 20, 25),), ()]
    assert examples[-1].golds[0].is_absent


def test_groundwire_jsonl(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "image": "a.png", "question": "How many cups?", "gold": [{"count": {"label": "cup", "value": 3}}]},
        {"image": "a.png", "phrases": ["cup"], "gold": [{"located": {}, "boxes_xyxy": [[1, 2, 3, 4]]}]},
        {"image": "a.png", "question": "Is there a lamp?", "gold": [{"absent": {}}], "stratum": "absence"},
        {"image": "a.png", "read": True, "gold": [{"reading": {"text": "EXIT"}}], "lettering": ["EXIT"]},
    ]
    write(tmp_path / "own.jsonl", "\n".join(json.dumps(row) for row in rows))
    picture(tmp_path / "a.png")
    count, located, absent, reading = sets.load("groundwire", tmp_path)
    assert count.golds == (Gold("count", "cup", ("3",)),)
    assert located.golds == (Gold("located", boxes=((1, 2, 3, 4),)),)
    assert absent.golds[0].is_absent
    assert (reading.ask, reading.lettering) == (Reading(), ("EXIT",))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1"),
        ("[1]", "no JSON object|layout"),
        ('{"image": "a.png", "question": "x", "gold": [{"wrong": {}}]}', "one predicate of absent"),
        ('{"image": "a.png", "gold": []}', "asks nothing"),
        ('{"question": "x", "gold": []}', "KeyError: 'image'"),
        ('{"image": "a.png", "phrases": ["x", "y"], "gold": [{"absent": {}}]}', "2 phrases, but 1"),
        ('{"image": "a.png", "question": "x", "gold": [{"absent": {}, "boxes_xyxy": [[1, 2, 3]]}]}', "ValueError"),
        ('{"image": "missing.png", "question": "x", "gold": [{"absent": {}}]}', "1 pictures are missing"),
        ("", "holds no example"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, line: str, said: str) -> None:
    write(tmp_path / "own.jsonl", line)
    picture(tmp_path / "a.png")
    with pytest.raises(SetNotReadable, match=said) as caught:
        sets.load("groundwire", tmp_path)
    assert caught.value.remedy


def test_a_folder_of_another_layout_is_refused_by_every_loader(tmp_path: Path) -> None:
    for name in sets.LAYOUTS:
        with pytest.raises(SetNotReadable):
            sets.load(name, tmp_path)
    with pytest.raises(SetNotReadable, match="no set"):
        sets.load("imagenet", tmp_path)
    with pytest.raises(SetNotReadable, match="no folder"):
        sets.load("pope", tmp_path / "absent")


def test_a_draw_keeps_the_order_and_follows_the_seed(tmp_path: Path) -> None:
    rows = [{"id": str(n), "image": "a.png", "question": "x", "gold": [{"absent": {}}]} for n in range(50)]
    write(tmp_path / "own.jsonl", "\n".join(json.dumps(row) for row in rows))
    picture(tmp_path / "a.png")
    first, again, other = (
        [int(example.id) for example in sets.load("groundwire", tmp_path, limit=10, seed=seed)] for seed in (1, 1, 2)
    )
    assert first == again == sorted(first)
    assert first != other


SHARED = Path(__file__).parents[3].parent / "shared" / "data"
"""Real pictures with ground truth, beside a checkout of the developers."""


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data, real pictures beside the checkout")
@pytest.mark.parametrize(
    ("name", "folder", "count"),
    [("receipts", "receipts", 120), ("scene-text", "scene_text", 119), ("scene-words", "scene_text", 60)],
)
def test_the_real_subsets(name: str, folder: str, count: int) -> None:
    examples = sets.load(name, SHARED / folder)
    assert len(examples) == pytest.approx(count, abs=8)
    assert len({example.id for example in examples}) == len(examples)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data, real pictures beside the checkout")
def test_the_real_objects_ask_for_what_is_there_and_what_is_not() -> None:
    examples = sets.load("objects", SHARED / "objects")
    assert len(examples) == 128
    assert all(sum(gold.is_absent for gold in example.golds) == 3 for example in examples)
