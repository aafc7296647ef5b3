"""Become a component: `python launch.py PLAN` reads a plan (JSON) and replaces itself with the command in it.

It stands between supervisord and the component for two things that supervisord's configuration cannot say: any path
or value, whatever characters are in it; and that the component ends when supervisord does, even if supervisord was
killed. It runs as a file, without the package around it, because it runs once per component and must be quick.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Plan:
    """What a process is to become.

    Attributes:
        command: The program's path and its arguments.
        directory: Its working directory, absolute.
        environment: Variables to set over those inherited.
        unset: Prefixes of the inherited variables to leave out.
        signal: Name of the signal it gets when its parent ends.
    """

    command: tuple[str, ...]
    directory: str
    environment: dict[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    signal: str = "SIGTERM"

    def write(self, path: Path) -> None:
        """Keep the plan, for this user's eyes only."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Plan:
        """The plan that `write` kept."""
        said = json.loads(path.read_text(encoding="utf-8"))
        return cls(**said | {"command": tuple(said["command"]), "unset": tuple(said["unset"])})


def end_with_parent(number: int) -> None:
    """Have the kernel send this process a signal when its parent ends; Linux only. A change of user undoes it."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent ended while this process was starting")


def become(plan: Plan) -> None:
    """Replace this process with the plan's command."""
    end_with_parent(signal.Signals[plan.signal])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(tuple(plan.unset))}
    os.chdir(plan.directory)
    os.execve(plan.command[0], list(plan.command), inherited | plan.environment)  # noqa: S606  # no shell is the point


if __name__ == "__main__":
    become(Plan.read(Path(sys.argv[1])))
