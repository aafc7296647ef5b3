"""Try every method of the mesh with every identity, and write docs/authorisation.md.

    .venv/bin/python -m bench.authorisation

A real server under mutual TLS, with the access policy that `groundwire certs make` writes and two callers of one's own,
stands for every service at once; behind the gate lie servicers that do nothing. What tests/service/runtime asserts of
the same calls is shown here.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc
import structlog

from groundwire import policies
from services.runtime.server import serving
from tests.fakes.ports import free_port
from tests.service.runtime.every_method import METHODS, SERVICE, path, status_of
from tests.service.runtime.identities import FORGING, a_world, bare, by_token, secured, token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAGE: Final = Path(__file__).parents[1] / "docs/authorisation.md"

HANDSHAKE_S: Final = 3.0
"""How long a connection may take to come about, seconds."""

LET_IN, NO_HANDSHAKE = "**let in**", "no handshake"
SAID: Final = {
    grpc.StatusCode.UNIMPLEMENTED: LET_IN,  # by servicers that do nothing
    grpc.StatusCode.PERMISSION_DENIED: "denied",
    grpc.StatusCode.UNAUTHENTICATED: "who?",
}

INTRODUCTION: Final = f"""# Every method, with every identity

Written by `python -m bench.authorisation`: each method of the mesh was called over mutual TLS, or with a token, by each
of these callers, under the policy that `groundwire certs make` writes and two callers more: a shop that may use the
public API for tenant *acme*, and tokens of analysts with the same right.

- {LET_IN}: past the gate. *denied*: `PERMISSION_DENIED`. *who?*: `UNAUTHENTICATED`. *{NO_HANDSHAKE}*: TLS did not come
  about.
- *shop for another*: names tenant *beta* in the metadata. *stranger*: a certificate of the authority that no rule
  names. *false*: another authority's certificate in fusion's name. *expired*: fusion's own of last week. *nobody*: no
  certificate and no token. *clerk*: a token that no rule names. *forged*: an analyst's, signed with another key.
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls: with a certificate, or on the port that asks for none; and what its metadata say."""

    name: str
    certificate: str = ""
    metadata: tuple[tuple[str, str], ...] = ()


def identities() -> list[Identity]:
    """Services, callers of one's own, and everybody who should not be let in anywhere."""
    tokens = {"analyst": token(), "clerk": token(role="clerk"), "forged": token(FORGING)}
    return [
        *(Identity(name, name) for name in policies.SERVICES),
        Identity("shop", "shop"),
        Identity("shop for another", "shop", (("groundwire-tenant", "beta"),)),
        Identity("stranger", "stranger"),
        Identity("false", "false"),
        Identity("expired", "expired"),
        Identity("nobody"),
        *(Identity(name, metadata=(("authorization", f"Bearer {each}"),)) for name, each in tokens.items()),
    ]


async def column(world: Path, port: int, token_port: int, who: Identity) -> list[str]:
    """How each method answers one caller."""
    opened = bare(world, port, who.certificate) if who.certificate else by_token(world, token_port)
    async with opened as channel:
        try:
            await asyncio.wait_for(channel.channel_ready(), HANDSHAKE_S)
        except TimeoutError:
            return [NO_HANDSHAKE] * len(METHODS)
        return [SAID[(await status_of(channel, method, dict(who.metadata))).code()] for method in METHODS]


async def tried(world: Path) -> dict[str, list[str]]:
    """The columns of the table, by who called."""
    token_port = free_port()
    async with serving(SERVICE, secured(world, "mesh.toml", token_port=token_port)) as port:
        return {who.name: await column(world, port, token_port, who) for who in identities()}


def page(columns: Mapping[str, Sequence[str]]) -> str:
    """The page, as Markdown."""
    rows = zip(*columns.values(), strict=True)
    lines = [f"| {' | '.join(['method', *columns])} |", f"|{' --- |' * (len(columns) + 1)}"]
    for method, row in zip(METHODS, rows, strict=True):
        name = path(method).removeprefix("/").removeprefix("groundwire.v1.").removeprefix("opentelemetry.proto.")
        lines.append(f"| {' | '.join([name, *row])} |")
    return "\n".join([INTRODUCTION, *lines, ""])


def main() -> None:
    """Try, and write."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder, a_world(Path(folder)) as world:
        columns = asyncio.run(tried(world))
    PAGE.write_text(page(columns))
    let_in = sum(cell == LET_IN for each in columns.values() for cell in each)
    print(f"{PAGE}: {len(METHODS)} methods, {len(columns)} identities, {let_in} of the calls let in")


if __name__ == "__main__":
    main()
