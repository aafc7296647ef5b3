"""Triton: where its server is, what the server of the PyPI wheel needs laid out, and how it is called.

The wheel (`nvidia-pytriton`) carries a whole `tritonserver` and no way to start it with a repository of models; this
module is that way. Where NVIDIA's own `tritonserver` is on PATH, as in its container, that one is used instead.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundwire.mesh.errors import PartMissing
from groundwire.mesh.launch import Plan
from groundwire.mesh.places import stand_in
from groundwire.mesh.table import HOST
from groundwire.models.rendering import CONFIG, is_runner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Where the Python environment with the wheel is, unless it is `.venv-triton` of the project.
ENV_VARIABLE = "GROUNDWIRE_TRITON_ENV"
ENV_FOLDER = ".venv-triton"

# Where the models are, unless they are in `model_repository` of the project.
MODELS_VARIABLE = "GROUNDWIRE_TRITON_MODELS"
MODELS_FOLDER = "model_repository"

# An OTLP/HTTP collector that takes JSON, the only form that Triton sends, e.g. http://localhost:4318/v1/traces.
# Triton traces nothing without it.
OTLP_VARIABLE = "GROUNDWIRE_TRITON_OTLP_HTTP"

# In Triton's folder of a mesh's home: the models that are made of stored ones, because they are bound.
BOUND_FOLDER = "bound"

EXIT_TIMEOUT_S = 15
GPU_DRIVER = Path("/dev/nvidiactl")  # there wherever NVIDIA's driver gives this process a GPU
CACHE_BYTES = 64 * 1024 * 1024  # of answers, for models that ask for it by `response_cache`
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # where Linux keeps named regions

# Variables that say which Python to use: the models' Python is Triton's, not ours.
FOREIGN = ("PYTHON", "VIRTUAL_ENV")

# Asked of the environment's interpreter, which alone knows: where its packages and its shared library are.
_ASK = """
import json, sys, sysconfig
get = sysconfig.get_config_var
folders = [get("LIBDIR"), f"{get('LIBDIR')}/{get('MULTIARCH')}", f"{sys.base_prefix}/lib"]
print(json.dumps([sysconfig.get_path("purelib"), folders, "%d.%d" % sys.version_info[:2]]))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What the environment's Python says of itself.

    Attributes:
        packages: Its site-packages.
        folders: Where its shared library may be.
        version: Major and minor, e.g. 3.11.
    """

    packages: Path
    folders: tuple[Path, ...]
    version: str

    @property
    def library(self) -> str:
        """File name of its shared library."""
        return f"libpython{self.version}.so.1.0"


@dataclass(frozen=True, slots=True)
class Server:
    """A Triton that can be started.

    Attributes:
        binary: The `tritonserver` program.
        options: What has to be said to this one on its command line.
        environment: What has to be set for it.
    """

    binary: Path
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None


def find_server(environ: Mapping[str, str], roots: Iterable[Path], layout: Path) -> Server:
    """The Triton of the environment named by `GROUNDWIRE_TRITON_ENV`, of a root's `.venv-triton`, or on PATH.

    Args:
        environ: The environment variables to go by.
        roots: Folders that may be the project's, best first.
        layout: The folder in which to lay out what the wheel's server needs.

    Raises:
        PartMissing: There is none, or the wheel's lacks something.
    """
    named = environ.get(ENV_VARIABLE)
    candidates = [Path(named)] if named else [root / ENV_FOLDER for root in roots]
    for candidate in candidates:
        if named or candidate.is_dir():
            return _wheel_server(candidate.absolute(), environ, layout)
    binary = shutil.which("tritonserver", path=environ.get("PATH"))
    if binary:
        # The models' configurations for GPUs; those that have none are configured as ever.
        return Server(Path(binary), ("--model-config-name=gpu",) if GPU_DRIVER.exists() else ())
    raise PartMissing(
        "triton",
        f"Triton is not installed: there is no {ENV_FOLDER} and no tritonserver on PATH.",
        remedy=f"Run `make triton`, or name its environment with {ENV_VARIABLE}.",
    )


def find_models(environ: Mapping[str, str], roots: Iterable[Path]) -> Path:
    """The model repository: the folder that `GROUNDWIRE_TRITON_MODELS` names, or a root's `model_repository`.

    Raises:
        PartMissing: There is none.
    """
    named = environ.get(MODELS_VARIABLE)
    for candidate in [Path(named)] if named else [root / MODELS_FOLDER for root in roots]:
        if candidate.is_dir():
            return candidate.absolute()
    raise PartMissing(
        "models",
        f"There is no model repository: {named or MODELS_FOLDER} is no folder.",
        remedy=f"Start from the project's folder, or name the repository with {MODELS_VARIABLE}.",
    )


def region_prefix(home: Path) -> str:
    """What the names of this mesh's shared-memory regions begin with, so that two Tritons on one host do not meet."""
    return f"groundwire-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}-"


def folder(home: Path) -> Path:
    """Triton's folder of a mesh's home."""
    return home / "triton"


def layout_folder(home: Path) -> Path:
    """Where to lay out what a mesh's Triton needs; the path has no character that a shell would take amiss.

    The python backend starts its models by a shell line that quotes nothing, and waits for ever if that fails.
    """
    path = folder(home)
    return path if shlex.quote(str(path)) == str(path) else stand_in(path)


def bound_folder(home: Path) -> Path:
    """The model repository of what is bound in a mesh's home."""
    return folder(home) / BOUND_FOLDER


def remove_regions(home: Path) -> None:
    """Remove the shared memory that a killed Triton of this mesh has left; none may be running."""
    for region in SHARED_MEMORY.glob(f"{region_prefix(home)}*"):
        region.unlink(missing_ok=True)


def plan(
    server: Server,
    models: Path,
    layout: Path,
    *,
    ports: tuple[int, int, int],
    prefix: str,
    otlp: str | None,
    bound: Path | None = None,
) -> Plan:
    """How to start a server for a repository of models.

    It serves what is in the repository, except runners, which are no models yet, and every model that is bound.

    Args:
        server: Which one.
        models: The project's repository.
        layout: As `layout_folder` gives it.
        ports: Those of the gRPC API, of the HTTP API and of the Prometheus metrics.
        prefix: As `region_prefix` gives it.
        otlp: Traces endpoint of an OTLP/HTTP collector that takes JSON; None for no tracing.
        bound: The repository of what is bound; it may be filled and emptied while the server runs. None for none.
    """
    grpc, http, metrics = ports
    options = {
        "grpc-address": HOST,
        "grpc-port": grpc,
        "http-address": HOST,
        "http-port": http,
        "metrics-address": HOST,
        "metrics-port": metrics,
        # One model that does not load leaves the others served; readiness is asked of each.
        "exit-on-error": "false",
        "strict-readiness": "false",
        "model-control-mode": "explicit",
        "load-model": "*",
        "exit-timeout-secs": EXIT_TIMEOUT_S,
        "cache-config": f"local,size={CACHE_BYTES}",
        "backend-config": f"python,shm-region-prefix-name={prefix}",
    }
    repositories = [_without_runners(models, layout), *([_linked(bound, layout)] if bound else [])]
    flags = [f"--model-repository={repository}" for repository in repositories]
    flags += [f"--{name}={value}" for name, value in options.items()]
    # Every config.pbtxt is whole; to guess at what is not there, each model would be started twice.
    whole = "--disable-auto-complete-config"
    command = (str(server.binary), *flags, whole, *server.options, *_tracing(otlp))
    # Serving leaves no trace in the repository, which may be a checkout or read-only.
    environment = {**(server.environment or {}), "PYTHONDONTWRITEBYTECODE": "1"}
    return Plan(command, directory=str(models), environment=environment, unset=FOREIGN)


def _without_runners(models: Path, layout: Path) -> Path:
    """A repository of links to those of a repository's models that can be loaded as they are."""
    repository = _cleared(layout / MODELS_FOLDER)
    repository.mkdir()
    for model in sorted(models.iterdir()):
        if (model / CONFIG).is_file() and not is_runner(model):
            (repository / model.name).symlink_to(model)
    return repository


def _linked(bound: Path, layout: Path) -> Path:
    """The same repository under a path that Triton can use."""
    bound.mkdir(parents=True, exist_ok=True)
    repository = _cleared(layout / f"{BOUND_FOLDER}_repository")
    repository.symlink_to(bound)
    return repository


def _cleared(path: Path) -> Path:
    """A path at which there is nothing any more."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return path


def _tracing(otlp: str | None) -> tuple[str, ...]:
    """The options that make Triton join its callers' traces and send its spans."""
    if not otlp:
        return ()
    said = ("mode=opentelemetry", f"opentelemetry,url={otlp}", "opentelemetry,resource=service.name=triton")
    rest = ("rate=1", "level=TIMESTAMPS", "count=-1")
    return tuple(f"--trace-config={setting}" for setting in (*said, *rest))


def _wheel_server(env: Path, environ: Mapping[str, str], layout: Path) -> Server:
    """The wheel's server, with what it needs laid out and set.

    Raises:
        PartMissing: Something of it is not there.
    """
    interpreter = _ask(env)
    wheel = interpreter.packages / "pytriton" / "tritonserver"
    binary = _there(wheel / "bin" / "tritonserver", env)
    backends = _lay_out(wheel, interpreter, env, layout)
    libraries = interpreter.packages / "nvidia_pytriton.libs"
    paths = (str(libraries), str(_library_folder(interpreter)), environ.get("LD_LIBRARY_PATH", ""))
    environment = {
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, paths)),
        # The python backend runs the models in the first Python on PATH.
        "PATH": os.pathsep.join((str(env / "bin"), environ.get("PATH", os.defpath))),
    }
    caches = _there(wheel / "caches", env)
    return Server(binary, (f"--backend-directory={backends}", f"--cache-directory={caches}"), environment)


def _lay_out(wheel: Path, interpreter: Interpreter, env: Path, layout: Path) -> Path:
    """A backend directory as the server expects one: the wheel keeps the stubs, one a Python version, elsewhere."""
    stub = wheel / "python_backend_stubs" / interpreter.version / "triton_python_backend_stub"
    parts = [wheel / "backends" / "python" / name for name in ("libtriton_python.so", "triton_python_backend_utils.py")]
    backend = layout / "backends" / "python"
    shutil.rmtree(backend, ignore_errors=True)
    backend.mkdir(parents=True)
    for part in (*parts, stub):
        (backend / part.name).symlink_to(_there(part, env))
    return backend.parent


def _there(path: Path, env: Path) -> Path:
    """`path`, if it is there."""
    if path.exists():
        return path
    raise PartMissing(
        "triton", f"The Triton environment {env} is not whole: there is no {path}.", remedy="Run `make triton`."
    )


def _ask(env: Path) -> Interpreter:
    """What the environment's Python says of itself."""
    python = _there(env / "bin" / "python", env)
    command = (python, "-I", "-c", _ASK)
    asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # the user's own Python
    if asked.returncode != 0:
        raise PartMissing(
            "triton", f"The Python of {env} does not run: {asked.stderr.strip()}.", remedy="Run `make triton`."
        )
    packages, folders, version = json.loads(asked.stdout)
    return Interpreter(Path(packages), tuple(map(Path, folders)), version)


def _library_folder(interpreter: Interpreter) -> Path:
    """The folder of the interpreter's shared library, which the python backend's stub is linked to."""
    for candidate in interpreter.folders:
        if (candidate / interpreter.library).exists():
            return candidate
    raise PartMissing(
        "libpython",
        f"Triton's Python {interpreter.version} has no shared library ({interpreter.library}).",
        remedy=f"Install libpython{interpreter.version}, or a Python that was built with --enable-shared.",
    )
