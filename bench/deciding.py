"""The benches whose figures decide something: what each asks, what would answer it well, and how it is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

RESULTS: Final = Path("bench/results")
"""Where the figures that docs/performance.md shows are kept, NAME.json each."""

PLOTS: Final = Path("docs/images/bench")
"""Where their plots are kept, NAME.svg each."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A bench of `bench/bench_NAME.py`.

    Attributes:
        name: Of the module, after `bench_`, and of its files.
        question: What its figures decide.
        goal: What would be a good answer; empty where the figures are only told.
        arguments: What `python -m bench` runs it with, beside where to write.
    """

    name: str
    question: str
    goal: str = ""
    arguments: tuple[str, ...] = ()


BENCHES: Final = (
    Bench(
        "against_raw",
        "How much of the reader's own speed is left when it is called through the mesh?",
        "At least 0.95 of the throughput of a reader alone with 16 calls in flight; at most 12 ms more with one.",
    ),
    Bench(
        "servers",
        "How does Triton, as the mesh runs it, serve a network beside what a team would pick instead?",
        "Ahead of every other server in throughput and p99 with 16 calls in flight, on a heavy and on a tiny network.",
    ),
    Bench(
        "pixels",
        "What does it save to bring pixels to Triton by shared memory?",
    ),
    Bench("together", "What does it gain that callers share a pass of the network?"),
    Bench(
        "promises",
        "What do tracing, recording, checking, mutual TLS and redaction cost?",
        "Tracing takes at most 3 % of the throughput.",
    ),
    Bench(
        "reuse",
        "What does a second question about a picture cost?",
        "The second question is answered at least 20 times as fast as the first.",
    ),
    Bench(
        "growth",
        "How does the time of a call grow with the picture, with what is found and with what is claimed?",
        "No worse than linearly.",
    ),
    Bench(
        "soak",
        "Does memory stay where it is, in a long run at four fifths of what the mesh can do?",
        "The peak RSS of the last minute is at most 1.05 times that of the second.",
    ),
    Bench(
        "flood",
        "What does one tenant feel of another's flood?",
        "Its p99 is at most twice what it is alone.",
    ),
    Bench("memory", "How much memory does each process take, at rest, at its peak, for each call in flight?"),
    Bench(
        "log",
        "How many answers a second can the log acknowledge durably?",
        "At least three times what one fdatasync an answer would allow, with 64 callers.",
    ),
    Bench("explain", "How long does it take to explain and to prove a claim in a long log?"),
    Bench(
        "llm",
        "What does the grammar of claims cost on vLLM, and when does the first claim come?",
    ),
    Bench(
        "reader",
        "How many words of street photos does each tier read?",
        arguments=("../shared/data/scene_text",),
    ),
    Bench("reading", "What does the mesh make of receipts and street photos?", arguments=("../shared/data",)),
    Bench("start", "Is the mesh warm when it says that it is ready?"),
)
"""In the order of docs/performance.md."""
