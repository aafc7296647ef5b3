"""vLLM: where it is, how it is started on a model, and whether it serves.

It is an optional part, in an environment of its own because its pins are its own business. `make vllm` installs its
build for CPUs; on a machine with a GPU, name an environment that has vLLM's own build.
"""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

from groundwire.mesh.errors import PartMissing
from groundwire.mesh.launch import Plan
from groundwire.mesh.table import HOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENV_VARIABLE: Final = "GROUNDWIRE_VLLM_ENV"
"""Where the Python environment with vLLM is, unless it is `.venv-vllm` of the project."""
ENV_FOLDER: Final = ".venv-vllm"

MODEL_VARIABLE: Final = "GROUNDWIRE_VLLM_MODEL"
"""What to serve: a model's folder, or its name on a hub. Without it, no vLLM is started."""

# `vllm serve` asks for the metadata of a distribution named vllm, which the CPU's rebuild is not.
MODULE: Final = "vllm.entrypoints.launchers.api_server.entry"

GRAMMARS: Final = {"backend": "guidance", "disable_any_whitespace": True}
"""How answers are held to schemas: without white space to get lost in, by the backend that compiles them sooner.

Both held every answer of a random model to this project's schemas. The grammar of plans, when new, cost xgrammar 4.1 s
and guidance 0.6 s (vLLM 0.32 on a busy CPU, once each). xgrammar also refuses strings bounded by `maxLength` and
a pattern, and lets control characters into those bounded by `maxLength` alone.
"""

CACHE_GIB: Final = 1
"""Memory for keys and values on a CPU, GiB; a GPU's is measured by vLLM."""
BLOCK_TOKENS: Final = 32
"""Prompts are shared block by block; a CPU's default of 128 would share little of a short one."""
MAX_TOKENS: Final = 16384
"""Longest prompt and answer together, tokens, where the model allows more."""

WHOLE_PROMPTS: Final = ("--no-enable-chunked-prefill",)
"""On a CPU, vLLM 0.32's worker dies of a prompt that is read in parts for a request that has a seed of its own."""

FOREIGN: Final = ("PYTHON", "VIRTUAL_ENV")
"""Variables that say which Python to use: vLLM's is not ours."""

PROBE_TIMEOUT_S: Final = 2.0


def find_python(environ: Mapping[str, str], roots: Iterable[Path]) -> Path:
    """The Python of the environment that `GROUNDWIRE_VLLM_ENV` names, or of a root's `.venv-vllm`.

    Raises:
        PartMissing: There is none.
    """
    named = environ.get(ENV_VARIABLE)
    for candidate in [Path(named)] if named else [root / ENV_FOLDER for root in roots]:
        python = candidate.absolute() / "bin" / "python"
        if python.exists():
            return python
    raise PartMissing(
        "vllm",
        f"vLLM is not installed: there is no Python in {named or ENV_FOLDER}.",
        remedy=f"Run `make vllm`, or name its environment with {ENV_VARIABLE}.",
    )


def served_name(model: str) -> str:
    """The name that a model is served under: its folder's, or its own on the hub."""
    return Path(model).resolve().name if Path(model).is_dir() else model


def plan(
    python: Path, model: str, *, port: int, directory: Path, otlp: str | None = None, options: Iterable[str] = ()
) -> Plan:
    """How to start vLLM on a model.

    Args:
        python: As `find_python` gives it.
        model: A folder, or a name on a hub.
        port: Of its HTTP API.
        directory: Where it is started, absolute. What lies there is not imported, whatever its name.
        otlp: gRPC address of a collector of spans, such as "grpc://127.0.0.1:4317"; None for no tracing.
        options: Further ones of its command line.
    """
    local = Path(model).is_dir()
    longest = _longest(Path(model)) if local else MAX_TOKENS
    command = {
        "host": HOST,
        "port": port,
        "model": Path(model).resolve() if local else model,
        "served-model-name": served_name(model),
        "max-model-len": longest,
        "max-num-batched-tokens": longest,
        "structured-outputs-config": json.dumps(GRAMMARS),
        "block-size": BLOCK_TOKENS,
        "generation-config": "vllm",
    } | ({"otlp-traces-endpoint": otlp} if otlp else {})
    # Compiling takes minutes on a CPU and gains little; the requests' ids and cached tokens are for the traces.
    flags = (
        "--enforce-eager",
        "--enable-prompt-tokens-details",
        "--enable-request-id-headers",
        "--disable-fastapi-docs",
    )
    environment = {
        "VLLM_CPU_KVCACHE_SPACE": str(CACHE_GIB),
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "PYTHONSAFEPATH": "1",
        "OTEL_SERVICE_NAME": "vllm",
    } | ({"HF_HUB_OFFLINE": "1"} if local else {})
    said = [f"--{name}={value}" for name, value in command.items()]
    return Plan(
        (str(python), "-m", MODULE, *said, *flags, *WHOLE_PROMPTS, *options),
        directory=str(directory),
        environment=environment,
        unset=FOREIGN,
    )


def endpoint(address: str) -> str:
    """The URL of its OpenAI-compatible API, at host:port."""
    return f"http://{address}/v1"


def is_ready(address: str) -> bool:
    """Whether it serves, at host:port."""
    # Past any proxy: the address is this machine's.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{address}/health", timeout=PROBE_TIMEOUT_S) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
    except OSError:
        return False


def _longest(model: Path) -> int:
    """The longest prompt and answer together that a model takes, up to `MAX_TOKENS`."""
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    known = config.get("max_position_embeddings") or config.get("text_config", {}).get("max_position_embeddings")
    return min(int(known or MAX_TOKENS), MAX_TOKENS)
