"""A whole mesh on this machine: started with one call, found again by another process, stopped without remains."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import psutil

from groundwire.mesh import health, plans, supervise, triton, vllm
from groundwire.mesh.errors import AlreadyRunning, NotRunning, StopFailed
from groundwire.mesh.places import remove_stand_in
from groundwire.mesh.ports import check_ports, fixed_ports
from groundwire.mesh.startup import Progress, Startup, failure, log_file, set_aside
from groundwire.mesh.state import State, default_home, is_up
from groundwire.mesh.table import COMPONENTS, VLLM, Component, Kind, with_language_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from groundwire.mesh.health import Health
    from groundwire.mesh.supervise import Process

START_TIMEOUT_S = 180.0
MODEL_TIMEOUT_S = 600.0
"""How long a start may take that loads a language model. Seconds."""
STOP_TIMEOUT_S = 60.0
POLL_S = 0.1


def chosen(environ: Mapping[str, str]) -> Sequence[Component]:
    """The components of a mesh: the table's, and vLLM where a model is named for it to serve."""
    return with_language_model(COMPONENTS) if environ.get(vllm.MODEL_VARIABLE) else COMPONENTS


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """What is known of a component of a running mesh.

    Attributes:
        name: Its name.
        address: host:port, or a DSN for PostgreSQL.
        process: What supervisord says of it.
        health: What it says of itself.
        log: Its log file.
    """

    name: str
    address: str
    process: Process
    health: Health
    log: Path


@dataclass(frozen=True, slots=True)
class Mesh:
    """A running mesh; used in a `with`, it is stopped at the end.

    Attributes:
        state: Its home, its components and where they are.
        supervisord: The pid of the process that keeps it running.
    """

    state: State
    supervisord: int

    @property
    def home(self) -> Path:
        """The folder of its data, logs and objects, and of what it is found again by."""
        return self.state.home

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where each component is, by name: host:port, or a DSN for PostgreSQL."""
        return self.state.addresses

    @classmethod
    def start(
        cls,
        home: Path | None = None,
        *,
        components: Sequence[Component] | None = None,
        ports: Mapping[str, int] | None = None,
        environ: Mapping[str, str] | None = None,
        progress: Callable[[Progress], None] = lambda _: None,
        timeout_s: float | None = None,
    ) -> Self:
        """Start a mesh and return when every component of it is ready.

        Args:
            home: The folder of its state; made if need be. None: `default_home()`.
            components: What to start, in this order. None: what `chosen(environ)` gives.
            ports: Port by variable, as `fixed_ports` and `free_ports` give them. None: the fixed ones.
            environ: The environment to go by and to pass on. None: this process's.
            progress: Called with every step that a component takes, from this thread.
            timeout_s: How long it may take altogether, seconds. None: what loading takes at most.

        Raises:
            AlreadyRunning: A mesh runs in that home.
            PortInUse: A port is taken. Nothing was started.
            PartMissing: Triton or its models are not installed. Nothing was started.
            StartFailed: A component did not become ready. Everything was stopped again.
            LaunchError: supervisord would not start.
        """
        environ = dict(os.environ if environ is None else environ)
        home = (home or default_home(environ)).absolute()
        components = chosen(environ) if components is None else components
        if timeout_s is None:
            timeout_s = MODEL_TIMEOUT_S if VLLM in components else START_TIMEOUT_S
        if environ.get(plans.DSN_VARIABLE):
            components = [component for component in components if component.kind is not Kind.POSTGRES]
        ports = fixed_ports(components, environ) if ports is None else ports
        with _alone(home):
            check_ports(components, ports)
            mesh = cls._launch(home, components, ports, environ)
            try:
                Startup(mesh.home, components, mesh.addresses, progress).run(timeout_s)
            except BaseException:
                mesh.stop()
                raise
        return mesh

    @classmethod
    def attach(cls, home: Path | None = None) -> Self:
        """The mesh that runs in a home, started by whichever process.

        Raises:
            NotRunning: None does.
        """
        state = State.find(home)
        try:
            return cls(state, supervise.Supervisor(state.home).pid())
        except supervise.Unanswered:
            raise NotRunning(state.home) from None

    def status(self) -> tuple[ComponentStatus, ...]:
        """Every component, in the order of starting, asked now.

        Raises:
            NotRunning: The mesh is gone.
        """
        try:
            processes = supervise.Supervisor(self.home).processes()
        except supervise.Unanswered:
            raise NotRunning(self.home) from None
        return tuple(
            ComponentStatus(
                name=name,
                address=self.addresses[name],
                process=processes[name],
                health=health.ask(kind, self.addresses[name]),
                log=log_file(self.home, name),
            )
            for name, kind in self.state.kinds.items()
        )

    def wait(self, *names: str, timeout_s: float = START_TIMEOUT_S) -> None:
        """Return when these components, or all if none is named, are ready; for instance after one was killed.

        Raises:
            StartFailed: One was given up, or is not ready in time.
            NotRunning: The mesh is gone.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            unready = [
                part for part in self.status() if part.name in (names or self.state.kinds) and not part.health.ready
            ]
            if not unready:
                return
            for part in unready:
                if part.process.state == "FATAL" or time.monotonic() > deadline:
                    raise failure(self.home, part.name, part.process.description, part.health)
            time.sleep(POLL_S)

    def stop(self, *, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Stop every component, callers before what they call, and return when the last process has ended.

        Raises:
            StopFailed: That has not happened in time.
        """
        supervisord = supervise.process(self.home, self.supervisord)
        if supervisord:
            everything = [supervisord, *supervisord.children(recursive=True)]
            with contextlib.suppress(supervise.Unanswered):
                supervise.Supervisor(self.home).shut_down()
            deadline = time.monotonic() + timeout_s
            while (alive := psutil.wait_procs(everything, POLL_S)[1]) and time.monotonic() < deadline:
                # Any connection wakes supervisord, which otherwise takes the next step after a second.
                is_up(self.home)
            if alive:
                raise StopFailed(self.home, pids=[process.pid for process in alive], timeout_s=timeout_s)
        self.state.remove()
        triton.remove_regions(self.home)
        for folder in (self.home, plans.data_folder(self.home), triton.folder(self.home)):
            remove_stand_in(folder)

    @classmethod
    def _launch(
        cls, home: Path, components: Sequence[Component], ports: Mapping[str, int], environ: Mapping[str, str]
    ) -> Self:
        """A mesh whose supervisord runs and none of whose components do."""
        addresses = plans.addresses(home, components, ports)
        for name, plan in plans.plans(home, components, ports, addresses, environ).items():
            plan.write(home / "launch" / f"{name}.json")
            set_aside(log_file(home, name))
        plans.watchdog(home).write(home / "launch" / f"{supervise.WATCHDOG}.json")
        state = State(home, {component.name: component.kind for component in components}, addresses)
        # Before there is anything to find: whatever happens from here on, `attach` finds what has to be stopped.
        state.write()
        return cls(state, supervise.start(home, components, environ))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the home of a mesh that is starting, so that only one does.

    Raises:
        AlreadyRunning: A mesh runs in it, or is starting.
    """
    for folder in (home, home / "logs", home / "launch"):
        folder.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(home) from None
        if is_up(home):
            raise AlreadyRunning(home)
        yield
