"""Hurts each part of a running mesh in the middle of a bounded load, and writes docs/reliability.md.

    .venv/bin/python -m bench.chaos [--only perception] [--askers 2]

For each fault: what callers saw, how long it took until a question was answered again, and whether every question that
was answered has a record that reads back. At the end the whole log is verified.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.faults import FAULTS, Fault
from bench.meshes import a_mesh
from groundwire import Client, GroundwireError
from groundwire.cli import example

if TYPE_CHECKING:
    from groundwire.mesh.local import Mesh

PAGE = Path("docs/reliability.md")
QUESTION = "What brand is written on the motorcycle?"
CALL_S = 20.0
"""Deadline of one question."""
SETTLED = 3
"""Answers in a row, from each asker, before a fault and after it."""
GIVE_UP_S = 180.0

HEAD = f"""# What happens when a part fails

Written by `python -m bench.chaos`: {{askers}} callers ask one question after the other, with {CALL_S:g} s for each,
while one part is hurt; nothing is reused between questions. *Until answered* is the time from the fault to the first
answer after the last refusal ("none refused": callers noticed nothing but time). Every answer was read back by its id
afterwards; what `groundwire verify` says of the whole log stands at the end.

| part | fault | answered | refused, and how | until answered, s | longest answer, s | answers read back |
|---|---|---|---|---|---|---|
"""


@dataclass
class Seen:
    """What the callers saw."""

    answered: list[tuple[float, float, str]] = field(default_factory=list)
    """End (monotonic), duration, answer id."""
    refused: list[tuple[float, str]] = field(default_factory=list)
    """End, reason."""
    stop: threading.Event = field(default_factory=threading.Event)


def client_of(mesh: Mesh) -> Client:
    """A caller with a short deadline."""
    at = {f"{name}_address": mesh.addresses[name] for name in ("perception", "llm", "provenance")}
    return Client(mesh.addresses["fusion"], timeout_s=CALL_S, **at)


def ask_on(mesh: Mesh, image: str, seen: Seen) -> None:
    """Ask until told to stop, one question after the other."""
    with client_of(mesh) as client:
        while not seen.stop.is_set():
            began = time.monotonic()
            try:
                answer = client.ask(image, QUESTION)
            except GroundwireError as error:
                seen.refused.append((time.monotonic(), error.reason))
                seen.stop.wait(0.2)
            else:
                seen.answered.append((time.monotonic(), time.monotonic() - began, answer.id))


def settle(seen: Seen, after: float, askers: int) -> None:
    """Wait until enough was answered after a moment."""
    until = time.monotonic() + GIVE_UP_S
    while sum(end > after for end, _, _ in seen.answered) < SETTLED * askers and time.monotonic() < until:
        seen.stop.wait(0.1)


def hurt(mesh: Mesh, fault: Fault, image: str, askers: int) -> tuple[str, ...]:
    """One fault under load; a row of the table."""
    seen = Seen()
    threads = [threading.Thread(target=ask_on, args=(mesh, image, seen)) for _ in range(askers)]
    for thread in threads:
        thread.start()
    settle(seen, 0.0, askers)
    struck = time.monotonic()
    fault.inflict(mesh, fault.part)
    settle(seen, time.monotonic(), askers)
    seen.stop.set()
    for thread in threads:
        thread.join()
    return row(fault, seen, struck, read_back(mesh, seen))


def row(fault: Fault, seen: Seen, struck: float, kept: str) -> tuple[str, ...]:
    """What the table says of one fault."""
    refused = Counter(reason for _, reason in seen.refused)
    last = max((end for end, _ in seen.refused), default=None)
    after = min((end for end, _, _ in seen.answered if last is not None and end > last), default=None)
    until = "none refused" if last is None else "never" if after is None else f"{after - struck:.1f}"
    longest = max((took for end, took, _ in seen.answered if end > struck), default=0.0)
    how = ", ".join(f"{count} {reason}" for reason, count in refused.most_common()) or "none"
    return fault.part, fault.what, str(len(seen.answered)), how, until, f"{longest:.1f}", kept


def read_back(mesh: Mesh, seen: Seen) -> str:
    """How many of the answers that callers were given are in the log."""
    with client_of(mesh) as client:
        there = sum(client.get_answer(answer_id).id == answer_id for _, _, answer_id in seen.answered)
    return f"{there} of {len(seen.answered)}"


def verified(mesh: Mesh) -> str:
    """What `groundwire verify` says of the whole log."""
    command = [sys.executable, "-m", "groundwire", "verify"]
    environ = {**os.environ, "GROUNDWIRE_HOME": str(mesh.home)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    return done.stdout.strip() or done.stderr.strip()


def main() -> None:
    """Every fault, one mesh."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="Hurt this part alone, and write no page.")
    parser.add_argument("--askers", type=int, default=2)
    options = parser.parse_args()
    rows: list[tuple[str, ...]] = []
    with a_mesh({"GROUNDWIRE_PERCEPTION_CONTEXT_BYTES": "0"}) as mesh:
        with client_of(mesh) as client:
            image = f"sha256:{client.read(example.photo()).proto.image.digest}"
        for fault in FAULTS:
            if options.only in ("", fault.part):
                rows.append(hurt(mesh, fault, image, options.askers))
                print(" | ".join(rows[-1]), flush=True)
        said = verified(mesh)
    print(said)
    if not options.only:
        PAGE.write_text(page(rows, said, options.askers))


def page(rows: list[tuple[str, ...]], said: str, askers: int) -> str:
    """The table, and what verification said at the end."""
    lines = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    return f"{HEAD.format(askers=askers)}{lines}\n\n`groundwire verify`, at the end:\n\n```\n{said}\n```\n"


if __name__ == "__main__":
    main()
