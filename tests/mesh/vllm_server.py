"""A real vLLM for tests: a tiny model made on the spot, served on a free port, ended with all its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from groundwire.mesh import vllm
from groundwire.mesh.errors import PartMissing
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import Component, Kind, Listener

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
REQUIRED: Final = "GROUNDWIRE_REQUIRE_VLLM"
"""With this variable set, tests that need vLLM fail where it is not installed, instead of being skipped."""
START_TIMEOUT_S: Final = 420.0
POLL_S: Final = 0.5


@dataclass
class VllmServer:
    """A vLLM that serves.

    Attributes:
        address: host:port of its HTTP API.
        model: The name that it serves.
        process: Its first process, leader of a group of its own.
    """

    address: str
    model: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it and all its processes, at once."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def python() -> Path:
    """vLLM's Python; skips the test where it is not installed."""
    try:
        return vllm.find_python(os.environ, [ROOT])
    except PartMissing as error:
        if os.environ.get(REQUIRED):
            raise
        pytest.skip(f"vLLM is not installed: run make vllm ({error.message})")


def make_model(folder: Path, *options: str) -> Path:
    """A tiny random model, its tokenizer trained on the prompts."""
    texts = sorted((ROOT / "services" / "llm" / "templates").glob("*.txt"))
    script = Path(__file__).with_name("tiny_model.py")
    command = [str(python()), str(script), *options, str(folder), *map(str, texts)]
    subprocess.run(command, check=True, cwd=folder.parent, env=os.environ | {"PYTHONSAFEPATH": "1"})  # noqa: S603
    return folder


@contextmanager
def serving(model: Path, log: Path, *, otlp: str | None = None) -> Iterator[VllmServer]:
    """vLLM on a model, until the context ends; `otlp` is where its spans go."""
    listener = Listener("VLLM_TEST_PORT", 0)
    port = free_ports([Component("vllm", Kind.SERVICE, (listener,))])[listener.variable]
    plan = vllm.plan(python(), str(model), port=port, directory=model, otlp=otlp)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(plan.unset)}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # our own command
            plan.command,
            cwd=plan.directory,
            env=inherited | plan.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = VllmServer(f"127.0.0.1:{port}", vllm.served_name(str(model)), process)
    try:
        _await(server, log)
        yield server
    finally:
        server.kill()


def _await(server: VllmServer, log: Path) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while not vllm.is_ready(server.address):
        if server.process.poll() is not None or time.monotonic() > until:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
            pytest.fail(f"vLLM did not start:\n{tail}")
        time.sleep(POLL_S)
