"""docs/reliability.md, composed of what the faults' runs left."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.chaos_load import CALL_S, QUESTION
from bench.rigs import RIGS, lacking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.chaos_load import Seen
    from bench.faults.fault import Fault

PAGE = Path("docs/reliability.md")

HEAD = f"""# What happens when a part fails

Written by `python -m bench.chaos`: {{askers}} callers ask "{QUESTION}" of a picture with a line of lettering, again and
again, with {CALL_S:g} s for each answer, while one part is hurt; nothing is reused between questions. One caller keeps
its connection, the others open one for each question. Nobody helps the mesh.

- *seen to bite*: what shows that the fault was there.
- *right*, *wrong*: answers with a supported claim that has the picture's word, and with one that has not.
- *refused until*: from the fault to the first answer after the last refusal; *healthy after*: from the fault until
  every part says that it is ready again. Both in seconds.
- *records*: answers whose record, read back by id afterwards, is the one that the caller was told of. What
  `groundwire verify` says of the whole logs stands at the end.

"""
COLUMNS = (
    "part",
    "fault",
    "seen to bite",
    "answered",
    "right",
    "wrong",
    "refused, and how",
    "refused until",
    "healthy after",
    "longest answer, s",
    "records",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One fault's row."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What verification said of the log of a mesh, with its exit status and where it ran.

    Attributes:
        kind: Of mesh.
        faults: How many it was hurt by.
        status: Of the command.
        said: By the command.
        machine: Where.
    """

    kind: str
    faults: int
    status: int
    said: str
    machine: dict[str, Any]


def row(fault: Fault, seen: Seen, struck: float, well_s: float | None, shown: str, kept: int) -> Row:
    """What the table says of one fault."""
    reasons = Counter(reason for _, reason, _ in seen.refused)
    last = max((end for end, _, _ in seen.refused), default=None)
    after = min((each.end for each in seen.answered if last is not None and each.end > last), default=None)
    until = "none refused" if last is None else "never" if after is None else f"{after - struck:.1f}"
    cells = (
        fault.part,
        fault.what,
        shown or "not seen",
        str(len(seen.answered)),
        str(sum(each.right for each in seen.answered)),
        str(sum(each.wrong for each in seen.answered)),
        ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) or "none",
        until,
        "never" if well_s is None else f"{well_s:.1f}",
        f"{max((each.took_s for each in seen.answered if each.end > struck), default=0.0):.1f}",
        f"{kept} of {len(seen.answered)}",
    )
    return Row(fault.name, tuple(cell.replace("|", "/") for cell in cells))


def page(faults: Sequence[Fault], out: Path, askers: int) -> str:
    """The table, and what verification said."""
    table = [COLUMNS, ["---"] * len(COLUMNS), *(_cells(fault, out) for fault in faults)]
    parts = [HEAD.format(askers=askers) + "\n".join(f"| {' | '.join(cells)} |" for cells in table)]
    for kind in RIGS:
        # A run in parts has a mesh for each of them.
        logs = sorted(out.glob(f"verify-{kind}-*.json"))
        parts += [_verified(Verified(**json.loads(path.read_text()))) for path in logs]
    return "\n\n".join(parts) + "\n"


def _cells(fault: Fault, out: Path) -> Sequence[str]:
    path = out / f"{fault.name}.json"
    if path.exists():
        cells: list[str] = json.loads(path.read_text())["cells"]
        return cells
    why = lacking(fault)
    return (fault.part, fault.what, f"not run: {why}" if why else "not run", *[""] * 8)


def _verified(found: Verified) -> str:
    machine = found.machine
    where = f"{machine['cores']} cores, {machine['memory_gib']} GiB, Python {machine['python']}"
    faults = "one fault" if found.faults == 1 else f"{found.faults} faults"
    head = f"`groundwire verify` after {faults} of a mesh *{found.kind}* (exit status {found.status}; {where}):"
    return f"{head}\n\n```\n{found.said}\n```"
