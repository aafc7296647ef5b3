"""The launcher behind the command line: imported only by the commands that start or stop a mesh."""

from __future__ import annotations

import os
import re
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from groundwire.cli import consoles
from groundwire.cli.failures import LocalMesh
from groundwire.mesh.errors import LaunchError
from groundwire.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

    from rich.console import Console, RenderableType

    from groundwire.mesh.local import ComponentStatus, Mesh
    from groundwire.mesh.startup import Progress


def start(*, free_ports: bool) -> Mesh:
    """A mesh that is ready, in this folder's home, with a display of its progress on standard error.

    Args:
        free_ports: Whether it takes any free ports, instead of the usual or configured ones.

    Raises:
        LocalMesh: It could not be started; nothing is left running.
    """
    with _launch_errors():
        from groundwire.mesh import local, ports  # noqa: PLC0415 - half a second; not in a client's installation

        components = local.chosen(os.environ)
        chosen = ports.free_ports(components) if free_ports else None
        with ProgressDisplay(consoles.messages()) as display:
            return local.Mesh.start(components=components, ports=chosen, progress=display.show)


def attach() -> Mesh:
    """The mesh that runs in this folder's home.

    Raises:
        LocalMesh: None does, or this is a client's installation.
    """
    with _launch_errors():
        from groundwire.mesh import local  # noqa: PLC0415 - as in start

        return local.Mesh.attach()


def components() -> Sequence[ComponentStatus]:
    """Every process of the mesh that runs in this folder's home, asked now.

    Raises:
        LocalMesh: As `attach`.
    """
    mesh = attach()
    with _launch_errors():
        return mesh.status()


def stop(mesh: Mesh) -> None:
    """Stop it, to the end: further interrupts are held off meanwhile.

    Raises:
        LocalMesh: It did not stop.
    """
    with _launch_errors(), _uninterrupted(), consoles.messages().status("stopping the mesh…"):
        mesh.stop()


@contextmanager
def private() -> Iterator[Mesh]:
    """A mesh of one's own on free ports, stopped at the end, also on Ctrl-C, SIGTERM and SIGHUP."""
    with _terminable():
        mesh = start(free_ports=True)
        try:
            yield mesh
        finally:
            stop(mesh)


@contextmanager
def _launch_errors() -> Iterator[None]:
    """The launcher's errors as ours."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise LocalMesh(
            f"a mesh cannot be started from this installation: {error.name} is missing",
            remedy="install what the mesh needs: pip install 'groundwire[mesh]', or make setup in a checkout",
            reason="MESH_NOT_INSTALLED",
        ) from error
    except OSError as error:
        raise LocalMesh(
            f"the mesh's folder cannot be used: {error}", remedy="give another one with GROUNDWIRE_HOME"
        ) from error
    except LaunchError as error:
        raise LocalMesh(error.message, remedy=error.remedy, reason=_reason(error)) from error


def _reason(error: Exception) -> str:
    """The class's name in the spelling of reasons: PortInUse becomes PORT_IN_USE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).upper()


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM and SIGHUP end the command as Ctrl-C does, by way of its `finally` blocks."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handling({signal.SIGTERM: interrupt, signal.SIGHUP: interrupt}):
        yield


@contextmanager
def _uninterrupted() -> Iterator[None]:
    ignored = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    with _handling(dict.fromkeys(ignored, signal.SIG_IGN)):
        yield


@contextmanager
def _handling(handlers: Mapping[signal.Signals, Any]) -> Iterator[None]:
    """These signal handlers for a while."""
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class ProgressDisplay:
    """What the components are doing while a mesh starts: one line each, live; on a file, one line a step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._latest: dict[str, Progress] = {}
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(self, console=console, refresh_per_second=10, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, progress: Progress) -> None:
        """Take note of a step."""
        self._latest[progress.component] = progress
        if not self._console.is_terminal:
            detail = f": {plain(progress.detail)}" if progress.detail else ""
            self._console.print(Text(f"{progress.elapsed_s:6.1f} s  {progress.component} {progress.state}{detail}"))

    def __rich__(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        grid.title = Text("starting the mesh", style="bold")
        grid.title_justify = "left"
        for progress in self._latest.values():
            done = progress.state == "ready"
            mark: RenderableType = Text("✓", style="bold green") if done else self._spinner
            seconds = Text(f"{progress.elapsed_s:.1f} s" if done else "", style="dim")
            grid.add_row(mark, progress.component, progress.state, seconds, Text(plain(progress.detail), style="dim"))
        return grid
