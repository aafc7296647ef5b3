"""Run the benches whose figures decide something, one after the other, then write docs/performance.md.

    .venv/bin/python -m bench [NAME…]

Each writes bench/results/NAME.json. One that fails is named and leaves its older file as it was; the others go on.
Figures are worth something only where nothing else runs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from bench import performance
from bench.deciding import BENCHES, RESULTS, Bench


def command(bench: Bench) -> list[str]:
    """How the bench is run."""
    where = str(RESULTS / f"{bench.name}.json")
    return [sys.executable, "-m", f"bench.bench_{bench.name}", *bench.arguments, "--json", where]


def main() -> None:
    """Run them, write the page; the status is 1 where a bench failed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(each.name for each in BENCHES))
    wanted = parser.parse_args().names
    if unknown := set(wanted) - {each.name for each in BENCHES}:
        parser.error(f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join(b.name for b in BENCHES)}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    failed = []
    for bench in BENCHES:
        if not wanted or bench.name in wanted:
            print(f"=== {bench.name}: {bench.question}", flush=True)
            began = time.monotonic()
            ended = subprocess.run(command(bench), check=False)  # noqa: S603 - our own modules
            print(f"=== {bench.name}: {time.monotonic() - began:.0f} s, status {ended.returncode}", flush=True)
            failed += [bench.name] if ended.returncode else []
    try:
        performance.write(RESULTS)
    except performance.NoResult as error:
        sys.exit(str(error))
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
