"""Where a person reads: answers on standard output, everything else on standard error.

Markup, emoji codes and highlighting are off: what is shown may come from a picture.
"""

from __future__ import annotations

import os
import sys

from rich.console import Console

FILE_COLUMNS = 120
"""Width where no terminal tells one: wide enough for an answer's table."""


def output() -> Console:
    """For what was asked for."""
    return _console(stderr=False)


def messages() -> Console:
    """For progress, notes and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    told = stream.isatty() or "COLUMNS" in os.environ
    return Console(
        stderr=stderr, markup=False, emoji=False, highlight=False, width=None if told else FILE_COLUMNS, soft_wrap=False
    )
