"""Hurts each part of a running mesh in the middle of a bounded load, and writes docs/reliability.md.

    .venv/bin/python -m bench.chaos [--only 'triton-*' …] [--list] [--askers 2] [--out build/chaos]

For each fault: what callers saw, how long until every part was healthy again, and whether every question that was
answered has the record that its caller was told of. At the end of each mesh its whole log is verified. Each
fault leaves a file, so that a run can be made in parts: the page is composed of all that are there, `--page` alone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from bench.chaos_load import Load, Seen
from bench.chaos_page import PAGE, Row, Verified, page, row
from bench.faults.fault import Log
from bench.faults.table import FAULTS
from bench.measuring import machine
from bench.meshes import end_cleanly
from bench.rigs import RIGS, lacking, rig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.faults.fault import Fault
    from groundwire.mesh.local import Mesh

BEFORE = 1
AFTER = 2
"""Answers from each asker before a fault, and after it and the mesh's recovery."""
GIVE_UP_S = 150.0
POLL_S = 0.5


def hurt(mesh: Mesh, fault: Fault, load: Load) -> Row:
    """One fault under load; its row of the table."""
    log = Log(mesh, fault.part)
    with load.running(sends_pictures=fault.sends_pictures) as seen:
        enough(seen, 0.0, BEFORE * load.askers)
        struck = time.monotonic()
        shown = fault.inflict(mesh)
        healthy = until(lambda: all(part.health.ready for part in mesh.status()))
        well_s = time.monotonic() - struck if healthy else None
        enough(seen, time.monotonic(), AFTER * load.askers)
    if fault.sign:
        shown = sign(fault.sign, log, seen) or shown
    return row(fault, seen, struck, well_s, shown, load.read_back(seen))


def sign(pattern: str, log: Log, seen: Seen) -> str:
    """What the part's log, or else a caller, says of the fault."""
    if said := log.says(pattern):
        return f"its log: {said}"
    told = next((message for _, _, message in seen.refused if re.search(pattern, message)), "")
    return f"a caller was told: {told}" if told else ""


def enough(seen: Seen, after: float, count: int) -> None:
    """Wait until so much was answered after a moment."""
    until(lambda: sum(each.end > after for each in seen.answered) >= count)


def until(holds: Callable[[], bool]) -> bool:
    """Wait for a while until something holds; whether it does."""
    deadline = time.monotonic() + GIVE_UP_S
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def verified(mesh: Mesh, kind: str, faults: int) -> Verified:
    """What `groundwire verify` says of the whole log, after so many faults."""
    command = [sys.executable, "-m", "groundwire", "verify"]
    environ = {**os.environ, "GROUNDWIRE_HOME": str(mesh.home)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    return Verified(kind, faults, done.returncode, done.stdout.strip() or done.stderr.strip(), machine())


def run(kind: str, faults: Sequence[Fault], askers: int, out: Path) -> None:
    """The faults of one kind of mesh, on one mesh; its log is verified even where they cannot all be inflicted."""
    print(f"starting a mesh: {kind}", flush=True)
    with rig(kind) as mesh, Load.on(mesh, askers) as load:
        inflicted, prepared = 0, set()
        try:
            for fault in faults:
                if fault.prepare is not None and fault.prepare not in prepared:
                    fault.prepare(mesh)
                    prepared.add(fault.prepare)
                found = hurt(mesh, fault, load)
                inflicted += 1
                (out / f"{fault.name}.json").write_text(json.dumps(asdict(found), indent=1) + "\n")
                print(" | ".join(found.cells), flush=True)
        finally:
            time.sleep(POLL_S)
            said = verified(mesh, kind, inflicted)
            (out / f"verify-{kind}-{faults[0].name}.json").write_text(json.dumps(asdict(said), indent=1) + "\n")
            print(said.said, flush=True)


def wanted(patterns: Sequence[str]) -> list[Fault]:
    """The faults whose names match, all without a pattern."""
    return [fault for fault in FAULTS if not patterns or any(fnmatch(fault.name, each) for each in patterns)]


def main() -> None:
    """Every fault that was asked for, one mesh of each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=(), metavar="FAULT", help="Names, with * and ? as in file names.")
    parser.add_argument("--list", action="store_true", help="Print the names of all faults.")
    parser.add_argument("--page", action="store_true", help="Inflict nothing; compose the page of what is there.")
    parser.add_argument("--askers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("build/chaos"))
    options = parser.parse_args()
    end_cleanly()
    if options.list:
        print(*(f"{fault.name:32} {fault.part}: {fault.what}" for fault in FAULTS), sep="\n")
        return
    options.out.mkdir(parents=True, exist_ok=True)
    faults = [] if options.page else wanted(options.only)
    for fault in [fault for fault in faults if lacking(fault)]:
        print(f"{fault.name}: left out, {lacking(fault)}", flush=True)
        faults.remove(fault)
    for kind in RIGS:
        if some := [fault for fault in faults if fault.rig == kind]:
            run(kind, some, options.askers, options.out)
    PAGE.write_text(page(FAULTS, options.out, options.askers))


if __name__ == "__main__":
    main()
