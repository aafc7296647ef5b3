"""Writes docs/performance.md from what the benches wrote: `python -m bench.report [--from build/bench]`.

Every figure on that page comes from a file; none is typed in.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

ORDER = ("against_raw", "servers", "promises", "reuse", "growth", "memory")
PAGE = Path("docs/performance.md")

HEAD = """# Performance

Written by `python -m bench.report` from the benches' files; every system of a table was measured side by side in one
run, taking turns. Read the ratios: absolute figures are those of the machine named below each table.
"""


def section(found: dict[str, Any]) -> str:
    """One bench: its claim, table, goals and machine."""
    table = [found["columns"], ["---"] * len(found["columns"]), *found["rows"]]
    lines = [f"## {found['claim'][0].upper()}{found['claim'][1:]}", ""]
    lines += ["| " + " | ".join(cells) + " |" for cells in table]
    lines += ["", *(f"- {verdict}" for verdict in found["verdicts"]), ""]
    machine = found["machine"]
    where = f"{machine['cpus']} CPUs at a load of {machine['load_1m']:.1f} when it ended, Python {machine['python']}"
    lines.append(f"`python -m bench.bench_{found['name']}`, on {where}.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="folder", type=Path, default=Path("build/bench"))
    options = parser.parse_args()
    paths = [options.folder / f"{name}.json" for name in ORDER]
    sections = [section(json.loads(path.read_text())) for path in paths if path.exists()]
    if not sections:
        parser.error(f"{options.folder} holds no result: run a bench first")
    PAGE.write_text("\n".join([HEAD, *sections]))
    print(f"{PAGE}: {len(sections)} of {len(ORDER)} benches")


if __name__ == "__main__":
    main()
