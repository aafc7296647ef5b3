"""Every method of the mesh, tried with every wrong identity: nothing gets past the gate, whatever the method is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from bench import authorisation
from groundwire import policies
from services.runtime.server import serving
from services.runtime.status import from_rpc_error
from tests.service.runtime.every_method import METHODS, SERVICE, path, status_of
from tests.service.runtime.identities import bare, by_token, secured, token

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("caller", [*policies.SERVICES, "shop", "stranger"])
async def test_each_certificate_reaches_what_the_policy_says_and_nothing_else(world: Path, caller: str) -> None:
    if caller == "shop":
        allowed = {path(method) for method in METHODS if path(method).startswith("/groundwire.v1.GroundingService/")}
    else:
        allowed = {f"/{method}" for method in policies.methods(caller)} if caller in policies.SERVICES else set()
    async with serving(SERVICE, secured(world, "mesh.toml")) as port, bare(world, port, caller) as channel:
        for method in METHODS:
            error = await status_of(channel, method, {})
            spans = caller in policies.SERVICES and path(method).startswith("/opentelemetry.")
            if spans or path(method) in allowed:
                assert error.code() is grpc.StatusCode.UNIMPLEMENTED, path(method)
            else:
                assert error.code() is grpc.StatusCode.PERMISSION_DENIED, path(method)
                assert from_rpc_error(error, part="mesh").reason == "PERMISSION_DENIED"


async def test_no_method_acts_for_a_tenant_that_is_not_the_caller_s(world: Path) -> None:
    async with serving(SERVICE, secured(world, "mesh.toml")) as port, bare(world, port, "shop") as channel:
        for method in METHODS:
            error = await status_of(channel, method, {"groundwire-tenant": "beta"})
            assert error.code() is grpc.StatusCode.PERMISSION_DENIED, path(method)


async def test_no_method_is_open_to_nobody_or_to_a_token_that_may_not(world: Path, free_port: int) -> None:
    async with (
        serving(SERVICE, secured(world, "mesh.toml", token_port=free_port)),
        by_token(world, free_port) as channel,
    ):
        for method in METHODS:
            nobody = await status_of(channel, method, {})
            assert nobody.code() is grpc.StatusCode.UNAUTHENTICATED, path(method)
            clerk = await status_of(channel, method, {"authorization": f"Bearer {token(role='clerk')}"})
            assert clerk.code() is grpc.StatusCode.PERMISSION_DENIED, path(method)


async def test_the_page_shows_what_is(world: Path) -> None:
    assert authorisation.PAGE.read_text() == authorisation.page(await authorisation.tried(world))
