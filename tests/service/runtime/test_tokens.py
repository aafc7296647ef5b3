"""Tokens over time, against a real issuer's HTTP server: its keys change, it goes away, tokens come again."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from services.common.errors import PartUnavailable, Unauthenticated
from services.runtime.identity.tokens import Issuer, Tokens
from tests.service.runtime.identities import FORGING, ISSUER, SIGNING, jwk, token

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Published:
    """What an issuer publishes, and how often it was asked."""

    keys: list[dict[str, str]] = field(default_factory=lambda: [jwk(SIGNING, "k1")])
    fetches: int = 0
    url: str = ""


@contextmanager
def issuing(published: Published) -> Iterator[Published]:
    class Publishes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            published.fetches += 1
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": published.keys}).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Publishes) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        published.url = f"http://127.0.0.1:{server.server_port}/keys"
        yield published
        server.shutdown()
        thread.join()


@pytest.fixture
def published() -> Iterator[Published]:
    with issuing(Published()) as there:
        yield there


def tokens(published: Published, **more: Any) -> Tokens:
    return Tokens(Issuer(ISSUER, "groundwire", published.url), **more)


async def test_a_new_key_is_believed_without_a_restart_and_the_old_one_no_more(published: Published) -> None:
    checked = tokens(published, fetch_pause_s=0)
    assert (await checked.peer(token())).claims["sub"] == "ann"
    published.keys = [jwk(FORGING, "k2")]
    assert (await checked.peer(token(FORGING, kid="k2"))).claims["sub"] == "ann"
    with pytest.raises(Unauthenticated):
        await checked.peer(token())


async def test_both_keys_are_believed_while_both_are_published(published: Published) -> None:
    published.keys.append(jwk(FORGING, "k2"))
    checked = tokens(published)
    for own in (token(), token(FORGING, kid="k2")):
        assert (await checked.peer(own)).tenant == "acme"
    assert published.fetches == 1


async def test_a_key_under_anothers_name_is_not_believed(published: Published) -> None:
    published.keys.append(jwk(FORGING, "k2"))
    for forged in (token(FORGING, kid="k1"), token(SIGNING, kid="k2")):
        with pytest.raises(Unauthenticated):
            await tokens(published).peer(forged)


async def test_forged_tokens_are_not_the_issuer_s_load(published: Published) -> None:
    checked = tokens(published)
    await checked.peer(token())
    for number in range(50):
        with pytest.raises(Unauthenticated):
            await checked.peer(token(FORGING, kid=f"made-up-{number}"))
    assert published.fetches <= 2


async def test_a_token_that_is_shown_again_is_believed_until_its_end_and_not_after(published: Published) -> None:
    checked = tokens(published)
    now = dt.datetime.now(dt.UTC)
    again = token(exp=int((now + dt.timedelta(minutes=5)).timestamp()))
    assert await checked.peer(again) == await checked.peer(again)
    ended, not_begun = int(now.timestamp()) - 31, int(now.timestamp()) + 600
    for late in (token(exp=ended), token(nbf=not_begun)):
        with pytest.raises(Unauthenticated):
            await checked.peer(late)


@pytest.mark.parametrize(
    "headers",
    [
        {"jku": "http://127.0.0.1:1/keys"},
        {"x5u": "http://127.0.0.1:1/certificate"},
        {"jwk": jwk(FORGING, "k1")},
        {"crit": ["exp"]},
        {"kid": "../../../../dev/null"},
        {"kid": "k1' OR '1'='1"},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_a_token_does_not_say_where_its_own_key_is(published: Published, headers: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await tokens(published).peer(token(FORGING, headers=headers))


async def test_what_was_cut_or_put_together_from_two_tokens_is_refused(published: Published) -> None:
    head, body, signature = token().split(".")
    _, other, _ = token(tenant="globex", role="admin").split(".")
    checked = tokens(published)
    for forged in (
        f"{head}.{other}.{signature}",
        f"{head}.{body}",
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}",
    ):
        with pytest.raises(Unauthenticated):
            await checked.peer(forged)


async def test_without_the_issuer_nobody_is_let_in_and_known_keys_go_on(published: Published) -> None:
    checked = tokens(published)
    await checked.peer(token())
    gone = Published()
    with issuing(gone):
        pass
    with pytest.raises(PartUnavailable):
        await tokens(gone).peer(token())
    published.url = gone.url
    assert (await checked.peer(token())).tenant == "acme"
