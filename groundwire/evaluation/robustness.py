"""The same set under corrupted pictures and in other words: what it costs."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageOps

from groundwire.evaluation.corruptions import corrupted
from groundwire.evaluation.paraphrases import paraphrases

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundwire.evaluation.examples import Example
    from groundwire.evaluation.outcomes import Outcome
    from groundwire.evaluation.runs import Run

    Asked = Callable[[Sequence[Example], str], Run]

FIGURES: Final = (
    "accuracy",
    "supported-wrong",
    "answered",
    "hallucinated-claims",
    "claim-recall",
    "acc@0.5",
    "word-f1",
)
"""What is compared, where the set has it. Of `supported-wrong` a rise is what must not be."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One corruption at one severity.

    Attributes:
        corruption: Its name.
        severity: 1 to 5.
        figures: Value by name.
    """

    corruption: str
    severity: int
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rewording:
    """One way to ask, against how it was asked first.

    Attributes:
        template: The words.
        cases: Questions asked so.
        accuracy: Of these.
        original: Of the same questions as asked first.
        misunderstood: Share that was not parsed.
    """

    template: str
    cases: int
    accuracy: float
    original: float
    misunderstood: float


@dataclass(frozen=True, slots=True)
class Robustness:
    """All of it.

    Attributes:
        head: Of the run on the pictures as they are.
        examples: How many.
        clean: Figures on the pictures as they are.
        cells: Figures under each corruption.
        paraphrases: What other words cost.
    """

    head: Mapping[str, Any]
    examples: int
    clean: Mapping[str, float]
    cells: tuple[Cell, ...]
    paraphrases: tuple[Rewording, ...]

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps({"format": "groundwire.eval.robustness/1", **asdict(self)}, indent=1, allow_nan=False)


def measure(
    examples: Sequence[Example],
    ask: Asked,
    *,
    corruptions: Sequence[str],
    severities: Sequence[int],
    reworded: bool,
    seed: int,
) -> Robustness:
    """Ask everything as it is, under each corruption, and in other words.

    Args:
        examples: What to ask.
        ask: Asks examples of a mesh; its second argument names the part, for the journal.
        corruptions: Names of `CORRUPTIONS`.
        severities: 1 to 5.
        reworded: Whether questions are asked in other words too.
        seed: Of the corruptions.
    """
    clean = ask(examples, "clean")
    cells = []
    for name in corruptions:
        for severity in severities:
            with tempfile.TemporaryDirectory(prefix="groundwire-eval-") as folder:
                worse = corrupted_examples(examples, Path(folder), name, severity, seed)
                cells.append(Cell(name, severity, _figures(ask(worse, f"{name}-{severity}"))))
    other = _rewordings(examples, clean.outcomes, ask) if reworded else ()
    return Robustness(clean.head, len(clean.outcomes), _figures(clean), tuple(cells), other)


def corrupted_examples(examples: Sequence[Example], folder: Path, name: str, severity: int, seed: int) -> list[Example]:
    """The examples with pictures written to `folder`, and boxes moved with them."""
    made: dict[Path, Any] = {}
    worse = []
    for example in examples:
        if example.image not in made:
            with Image.open(example.image) as opened:
                upright = ImageOps.exif_transpose(opened).convert("RGB")
            made[example.image] = corrupted(upright, name, severity, seed=seed, of=example.image.name)
            made[example.image].picture.save(folder / f"{example.image.stem}.png", compress_level=1)
        moved = made[example.image].moved
        golds = tuple(replace(gold, boxes=moved(gold.boxes)) for gold in example.golds)
        image = folder / f"{example.image.stem}.png"
        worse.append(replace(example, image=image, golds=golds, ignore=moved(example.ignore)))
    return worse


def _figures(run: Run) -> dict[str, float]:
    metrics = run.figures["metrics"]
    return {name: metrics[name]["value"] for name in FIGURES if name in metrics}


def _rewordings(examples: Sequence[Example], clean: Sequence[Outcome], ask: Asked) -> tuple[Rewording, ...]:
    said = [paraphrase for example in examples for paraphrase in paraphrases(example)]
    if not said:
        return ()
    outcomes = {one.id: one for one in ask([one.example for one in said], "paraphrases").outcomes}
    first = {one.id: one for one in clean}
    found = []
    for template in dict.fromkeys(one.template for one in said):
        of_it = [one for one in said if one.template == template]
        now = [outcomes[one.example.id] for one in of_it]
        found.append(
            Rewording(
                template,
                len(of_it),
                sum(one.credit for one in now) / len(now),
                sum(first[one.original].credit for one in of_it) / len(of_it),
                sum(one.misunderstood for one in now) / len(now),
            )
        )
    return tuple(found)
