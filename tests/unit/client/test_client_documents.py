"""Texts that callers give to be cited."""

from pathlib import Path

import pytest

from groundwire import Document, InvalidRequest
from groundwire.documents import messages
from groundwire.v1 import claim_pb2


@pytest.mark.parametrize(
    ("fields", "field", "remedy"),
    [
        ({"id": "", "text": "x"}, "id", "A-Za-z0-9._-"),
        ({"id": "../x", "text": "x"}, "id", "A-Za-z0-9._-"),
        ({"id": "x" * 65, "text": "x"}, "id", "1 to 64"),
        ({"id": "a\n", "text": "x"}, "id", "A-Za-z0-9._-"),
        ({"id": "a", "text": " \n"}, "text", "leave it out"),
        ({"id": "a", "text": "x" * 20_001}, "text", "20,000"),
        ({"id": "a", "text": "x", "title": "x" * 201}, "title", "200"),
    ],
)
def test_what_the_mesh_would_refuse_is_refused_at_once(fields: dict[str, str], field: str, remedy: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Document(**fields)
    assert caught.value.metadata["field"] == f"documents.{field}"
    assert remedy in caught.value.remedy


def test_the_longest_of_everything_is_a_document() -> None:
    longest = Document("x" * 64, "\N{EURO SIGN}" * 20_000, "x" * 200)
    assert longest.message == claim_pb2.Document(id=longest.id, text=longest.text, title=longest.title)


def test_nine_documents_are_too_many() -> None:
    documents = [Document(f"d{number}", "x") for number in range(9)]
    assert [message.id for message in messages(documents[:8])] == [f"d{number}" for number in range(8)]
    with pytest.raises(InvalidRequest, match="9 documents") as caught:
        messages(documents)
    assert "at most 8" in caught.value.remedy


def test_two_documents_need_two_ids() -> None:
    with pytest.raises(InvalidRequest, match="are called a") as caught:
        messages([Document("b", "x"), Document("a", "x"), Document("a", "y")])
    assert caught.value.metadata["field"] == "documents.id"


@pytest.mark.parametrize(
    ("name", "document_id"),
    [("manual.txt", "manual"), ("the manual (2).md", "the-manual--2-"), ("ü.txt", "-"), ("x" * 80 + ".md", "x" * 64)],
)
def test_a_file_is_cited_by_its_name(tmp_path: Path, name: str, document_id: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xef\xbb\xbfOff.\r\nOn.")
    assert Document.of_file(path) == Document(document_id, "Off.\r\nOn.", name)
    assert Document.of_file(str(path)).id == document_id


@pytest.mark.parametrize(
    ("content", "problem", "reason"),
    [
        (b"\xff\xfe", "not UTF-8", "FILE_NOT_READABLE"),
        (b" \n", "is empty", "INVALID_FIELD"),
        (b"", "is empty", "INVALID_FIELD"),
        (b"x" * 20_001, "20,001 characters", "INVALID_FIELD"),
        (b"x" * 80_004, "more than 20,000 characters", "INVALID_FIELD"),
    ],
)
def test_a_file_that_is_no_document_is_refused(tmp_path: Path, content: bytes, problem: str, reason: str) -> None:
    path = tmp_path / "manual.txt"
    path.write_bytes(content)
    with pytest.raises(InvalidRequest, match=problem) as caught:
        Document.of_file(path)
    assert caught.value.reason == reason
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.txt", "NO_SUCH_FILE"), (".", "NOT_A_FILE"), ("nul\0", "FILE_NOT_READABLE")],
)
def test_file_trouble_is_typed_and_names_the_document(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Document.of_file(tmp_path / name)
    assert caught.value.reason == reason
    assert caught.value.metadata["path"].startswith(str(tmp_path))
    assert caught.value.remedy
