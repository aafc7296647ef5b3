"""What a person at a terminal sees."""

import io

import pytest
from rich.console import Console, RenderableType

from groundwire import Answer, words
from groundwire.cli.answer_view import answer_view
from groundwire.cli.explain_view import explanation_tree
from groundwire.cli.status_view import capabilities_table, services_table
from groundwire.cli.waterfall import waterfall
from groundwire.errors import Unavailable
from groundwire.status import MeshStatus, ServiceStatus, State
from groundwire.v1 import (
    answer_pb2,
    claim_pb2,
    geometry_pb2,
    image_pb2,
    perception_service_pb2,
    provenance_service_pb2,
    region_pb2,
)
from tests.fakes import canned


def rendered(view: RenderableType, width: int = 140) -> str:
    """As a terminal that knows colours would get it."""
    stream = io.StringIO()
    Console(file=stream, width=width, force_terminal=False, markup=False, emoji=False).print(view)
    return stream.getvalue()


def answered(question: str) -> answer_pb2.Answer:
    image = image_pb2.Image(digest="ab" * 32, size=geometry_pb2.Size(width=741, height=500))
    return canned.World().record(canned.answer_to(image, question, answer_pb2.STAKES_STANDARD))


@pytest.mark.parametrize(
    "said",
    [
        "What brand is written on the motorcycle?",
        "The motorcycle carries the brand YAMAHA.",
        "c1",
        "supported",
        "raw 0.97",
        "r2 “YAMAHA” 0.99 accurate [356 326 385 344]",
        'fast tier not believed (t1): best fast reading "YAMARA" scored 0.90, below 0.95',
        "degraded: the language model was out of reach",
        "admit 3.0 ms · plan 0.4 ms · perceive 812 ms · escalate 1.45 s · check 200 ms · in all 2.50 s",
        "out.png",
        canned.TRACE_ID,
        "0 (sha256:",
        "0192f3a4-1111-7000-8000-000000000000",
        "rules 1",
    ],
)
def test_an_answer_shows(said: str) -> None:
    view = answer_view(Answer(answered("What brand is written on the motorcycle?")), picture="out.png", took_s=2.5)
    assert said in rendered(view)


def test_nothing_is_cut_on_a_narrow_terminal() -> None:
    proto = answered("What brand is written on the motorcycle?")
    proto.claims[0].text = "word " * 80 + "end"
    shown = rendered(answer_view(Answer(proto)), width=60)
    assert shown.count("word") == 80
    assert "end" in shown
    assert "…" not in shown


def test_calibrated_confidence_takes_the_place_of_the_raw_score() -> None:
    proto = answered("What brand?")
    proto.claims[0].confidence = 0.0
    shown = rendered(answer_view(Answer(proto)))
    assert "0.00" in shown
    assert "raw" not in shown


def test_abstentions_show_reason_and_remedy() -> None:
    shown = rendered(answer_view(Answer(answered("a red dog"))))
    assert "a red dog" in shown
    assert "not checkable" in shown
    assert "bind one with GROUNDWIRE_PERCEPTION_BINDINGS" in shown


def test_hostile_lettering_cannot_steer_a_terminal() -> None:
    proto = answered("hostile")
    proto.question = canned.HOSTILE
    shown = rendered(answer_view(Answer(proto)))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[red]" in shown, "brackets are lettering, not markup"


def explained() -> provenance_service_pb2.ExplainClaimResponse:
    answer = answered("What brand is written on the motorcycle?")
    return canned.explained(answer, answer.claims[0])


@pytest.mark.parametrize(
    "said",
    [
        "question What brand",
        "plan read, by rules 1",
        "target t1 motorcycle (lettering: brand)",
        "fast tier not believed",
        f"read_text 1, accurate tier, read_text, sha256:{canned.WEIGHTS}",
        "r2 “YAMAHA” 0.99 accurate [356 326 385 344] supports",
        "r1 “YAMARA” 0.90 fast",
        "✓ text passed: read again: YAMAHA (similarity 1)",
        "verdict supported, confidence raw 0.97",
        "record 0",
        f"trace {canned.TRACE_ID}",
    ],
)
def test_an_explanation_shows(said: str) -> None:
    assert said in rendered(explanation_tree(explained()), width=200)


def test_an_explanation_goes_from_question_to_verdict() -> None:
    shown = rendered(explanation_tree(explained()))
    order = ["question", "plan", "target", "fast tier", "seen by", "passed over", "checks", "verdict", "record"]
    places = [shown.index(word) for word in order]
    assert places == sorted(places)


def span(span_id: str, parent: str, begin: int, nanoseconds: int) -> provenance_service_pb2.Span:
    made = provenance_service_pb2.Span(span_id=span_id, parent_span_id=parent, name=span_id, service="fusion")
    made.start_time.FromNanoseconds(begin)
    made.duration.FromNanoseconds(nanoseconds)
    return made


def test_a_waterfall_puts_children_below_their_parent() -> None:
    lines = rendered(waterfall([span("root", "", 0, 1000), span("b", "root", 500, 500), span("a", "root", 0, 0)]))
    assert lines.index("root") < lines.index("  b") < lines.index("  a")
    assert lines.count("█" * 20) >= 3, "the root's bar is twice as long as its half"


def test_spans_whose_parent_is_missing_are_still_shown() -> None:
    assert "orphan" in rendered(waterfall([span("orphan", "gone", 5, 5)]))


def test_status_tells_what_is_wrong_and_how_to_bind() -> None:
    down = ServiceStatus("llm", "127.0.0.1:1", State.UNREACHABLE, Unavailable("llm cannot be reached"))
    status = MeshStatus((ServiceStatus("fusion", "127.0.0.1:2", State.SERVING), down), ())
    shown = rendered(services_table(status))
    assert "127.0.0.1:2" in shown
    assert "llm cannot be reached" in shown
    assert not status.serving
    capability = perception_service_pb2.CapabilityStatus(capability=region_pb2.CAPABILITY_DETECT, remedy="bind one")
    assert "bind one" in rendered(capabilities_table([capability]))


def test_values_of_a_newer_contract_show_as_numbers() -> None:
    assert words.verdict(claim_pb2.VERDICT_SUPPORTED) == "supported"
    assert words.verdict(99) == "unknown (99)"
    assert words.capability(region_pb2.CAPABILITY_READ_TEXT) == "read_text"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0.0 ms"), (0.0004, "0.4 ms"), (0.012, "12 ms"), (0.9994, "999 ms"), (1.25, "1.25 s")]
)
def test_durations_show_the_digits_that_matter(seconds: float, shown: str) -> None:
    assert words.milliseconds(seconds) == shown


@pytest.mark.parametrize(
    ("text", "limit", "shown"), [("a\n\tb", 0, "a b"), ("abcdef", 4, "abc…"), ("\x1b[0m", 0, "\ufffd[0m"), ("", 5, "")]
)
def test_plain_text_is_one_harmless_line(text: str, limit: int, shown: str) -> None:
    assert words.plain(text, limit) == shown
