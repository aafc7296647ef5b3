"""The console's description of itself holds, and nothing that Schemathesis makes of it gets a server error."""

from __future__ import annotations

import asyncio
import copy
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import sentinel

import yaml
from starlette.routing import Route

from services.console import application
from services.console.settings import ConsoleSettings
from tests.service.console.test_console_records import Recorded, console, picture, recorded

if TYPE_CHECKING:
    import httpx2

__all__ = ["recorded"]

FOLDER = Path(application.__file__).parent
EXAMPLES = 12
"""Requests that are made up for each operation, beside those that the description itself calls for."""
SEED = 20261130
QUIET = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
CHECKS = QUIET + "response_schema_conformance,unsupported_method,allow_header_conformance"


def described() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / "openapi.yaml").read_text())
    return document


def test_every_route_is_described_and_no_other() -> None:
    parts = application.Parts(*[sentinel.part] * 4)
    app: Any = application.create(parts, ConsoleSettings())._app  # type: ignore[attr-defined]  # noqa: SLF001
    served = {
        (route.path, method)
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    told = {(path, method.upper()) for path, methods in described()["paths"].items() for method in methods}
    assert told - served == {("/static/{file}", "GET")}
    assert served <= told


def test_every_file_is_described() -> None:
    (parameter,) = described()["paths"]["/static/{file}"]["get"]["parameters"]
    assert parameter["schema"]["enum"] == sorted(path.name for path in (FOLDER / "static").iterdir())


def around(document: dict[str, Any], **real: str) -> dict[str, Any]:
    """The description with names of things that are there among those that are made up."""
    document = copy.deepcopy(document)
    for name, value in real.items():
        parameter = document["components"]["parameters"][name]
        parameter["schema"] = {"anyOf": [{"const": value}, parameter["schema"]]}
        parameter["example"] = value
    form = document["components"]["requestBodies"]["Question"]["content"]["multipart/form-data"]["schema"]
    form["properties"]["image"] = {"anyOf": [{"const": real["digest"]}, form["properties"]["image"]]}
    return document


async def schemathesis(folder: Path, document: dict[str, Any], url: str) -> tuple[int, str]:
    """How a bounded run ends, and what it says."""
    file = folder / "openapi.json"
    file.write_text(json.dumps(document))
    limits = ("--max-examples", str(EXAMPLES), "--seed", str(SEED), "--workers", "1", "--request-timeout", "20")
    command = ("-m", "schemathesis.cli", "run", str(file), "--url", url, "--checks", CHECKS, *limits)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        "--phases",
        "examples,coverage,fuzzing",
        "--generation-database",
        "none",
        "--no-color",
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_what_schemathesis_makes_up_is_answered_as_described(recorded: Recorded, tmp_path: Path) -> None:
    answer = await recorded.answer("What is on the shelf?")
    operations = sum(map(len, described()["paths"].values()))
    async with console(recorded, watch_s=0.2) as (browser, _):
        real = {"answer_id": answer.id, "claim_id": answer.claims[0].id, "digest": answer.image.digest}
        await browser.post("/try", data={"question": "a zebra"}, files={"picture": ("p.png", picture())})
        assert (await browser.get(f"/images/{answer.image.digest}")).status_code == 200
        status, said = await schemathesis(tmp_path, around(described(), **real), str(browser.base_url))
    assert status == 0, said[-12000:]
    assert f"Tested: {operations}" in said, said[-3000:]


async def allowed(browser: httpx2.AsyncClient, method: str, path: str) -> tuple[int, set[str]]:
    reply = await browser.request(method, path)
    return reply.status_code, set(reply.headers.get("allow", "").split(", "))


async def test_a_method_that_is_not_is_told_which_are(recorded: Recorded) -> None:
    async with console(recorded) as (browser, _):
        assert await allowed(browser, "DELETE", "/try") == (405, {"GET", "HEAD", "POST"})
