"""Structured claims beside free text, on one model of one vLLM: tokens a second, time to the first claim.

    .venv/bin/python -m bench.bench_llm                        # starts vLLM on a tiny random model
    .venv/bin/python -m bench.bench_llm --endpoint http://127.0.0.1:8300/v1 --model name

Each row is one way of asking at one number of requests at once; the ways take turns, so that a busy machine is unfair
to none. "cold" requests have a salt of their own and share no prefix; "warm" ones ask different questions of one image.
Prints a table, and writes the figures to `--json FILE`.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openai import AsyncOpenAI
from rich.console import Console
from rich.table import Table

from bench.measuring import write_rows
from groundwire.mesh import vllm
from services.llm import prompts
from services.llm.core import claim_schema, offers, prompting
from services.llm.core.splitting import ClaimSplitter
from tests.fakes.material import lettering
from tests.mesh import vllm_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.llm.core.evidence import Material

AT_ONCE: Final = (1, 8, 32)
TOKENS: Final = 512
LINES: Final = tuple(f"item {number}  {number * 7 % 50}.{number * 13 % 100:02d}" for number in range(1, 41))


@dataclass(frozen=True)
class Way:
    """A way of asking: under the schema or freely, sharing the image's prefix or not."""

    structured: bool
    warm: bool

    @property
    def name(self) -> str:
        """In words."""
        return f"{'claims' if self.structured else 'free text'}, {'warm' if self.warm else 'cold'}"


@dataclass(frozen=True)
class Outcome:
    """One request: seconds and tokens. `first_claim_s` is None where no claim closed."""

    first_token_s: float
    first_claim_s: float | None
    whole_s: float
    read: int
    cached: int
    written: int


@dataclass(frozen=True)
class Row:
    """A way at a number of requests at once; medians, except for the rate."""

    way: str
    at_once: int
    requests: int
    tokens_per_s: float
    first_token_s: float
    first_claim_s: float | None
    whole_s: float
    read_tokens: float
    cached_tokens: float


async def ask(client: AsyncOpenAI, model: str, way: Way, material: Material, salt: str) -> Outcome:
    """One request, timed."""
    offer = offers.offer(material)
    schema = claim_schema.claims(claim_schema.allowed(material, offer))
    messages = prompting.for_claims(prompts.load().compose, material, offer)
    form: Any = {"type": "json_schema", "json_schema": {"name": "claims", "schema": schema, "strict": True}}
    options: dict[str, Any] = {"response_format": form} if way.structured else {}
    began = time.perf_counter()
    stream = await client.chat.completions.create(
        model=model,
        messages=[{"role": "system", "content": messages.system}, {"role": "user", "content": messages.user}],
        max_tokens=TOKENS,
        temperature=1.0,
        stream=True,
        stream_options={"include_usage": True},
        extra_body={} if way.warm else {"cache_salt": salt},
        **options,
    )
    splitter = ClaimSplitter()
    first_token = first_claim = None
    usage: Any = None
    async for chunk in stream:
        usage = chunk.usage or usage
        piece = chunk.choices[0].delta.content if chunk.choices else None
        if not piece:
            continue
        first_token = first_token or time.perf_counter() - began
        if way.structured and splitter.feed(piece) and first_claim is None:
            first_claim = time.perf_counter() - began
    whole = time.perf_counter() - began
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else 0
    return Outcome(first_token or whole, first_claim, whole, usage.prompt_tokens, cached or 0, usage.completion_tokens)


async def measure(client: AsyncOpenAI, model: str, way: Way, at_once: int, requests: int, turn: int) -> Row:
    """So many requests, so many at once."""
    turns = asyncio.Semaphore(at_once)

    async def one(number: int) -> Outcome:
        tag = f"{way.name} {at_once} {turn} {number}"
        async with turns:
            return await ask(client, model, way, replace(lettering(*LINES), question=f"What is {tag}?"), tag)

    began = time.perf_counter()
    outcomes = await asyncio.gather(*(one(number) for number in range(requests)))
    took = time.perf_counter() - began
    claims = [outcome.first_claim_s for outcome in outcomes if outcome.first_claim_s is not None]
    return Row(
        way.name,
        at_once,
        requests,
        sum(outcome.written for outcome in outcomes) / took,
        statistics.median(outcome.first_token_s for outcome in outcomes),
        statistics.median(claims) if claims else None,
        statistics.median(outcome.whole_s for outcome in outcomes),
        statistics.median(outcome.read for outcome in outcomes),
        statistics.median(outcome.cached for outcome in outcomes),
    )


async def compare(endpoint: str, model: str, rounds: int) -> list[Row]:
    """Every way at every number of requests at once, the ways taking turns."""
    ways = [Way(structured, warm) for structured in (True, False) for warm in (True, False)]
    rows = []
    async with AsyncOpenAI(base_url=endpoint, api_key="none", max_retries=0, timeout=600) as client:
        for way in ways:  # the first of everything is slow, and nobody's fault
            await measure(client, model, way, 1, 1, -1)
        for at_once in AT_ONCE:
            measured: dict[Way, list[Row]] = {way: [] for way in ways}
            for turn in range(rounds):
                sys.stderr.write(f"{at_once} at once, round {turn + 1}/{rounds}\n")
                for way in ways:
                    measured[way].append(await measure(client, model, way, at_once, max(4, at_once), turn))
            rows += [sorted(each, key=lambda row: row.tokens_per_s)[rounds // 2] for each in measured.values()]
    return rows


def table(rows: list[Row]) -> Table:
    """The figures for people."""
    shown = Table("asked for", "at once", "tokens/s", "first token", "first claim", "whole answer", "read", "cached")
    for row in rows:
        first = "-" if row.first_claim_s is None else f"{row.first_claim_s:.2f} s"
        seconds = (f"{row.first_token_s:.2f} s", first, f"{row.whole_s:.2f} s")
        counts = (f"{row.read_tokens:.0f}", f"{row.cached_tokens:.0f}")
        shown.add_row(row.way, str(row.at_once), f"{row.tokens_per_s:.0f}", *seconds, *counts)
    return shown


@contextmanager
def started(given: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """The endpoint that was named, or one of our own on a tiny random model."""
    if given.endpoint:
        yield given.endpoint, given.model
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        model = vllm_server.make_model(folder / "tiny-qwen2")
        with vllm_server.serving(model, folder / "log") as server:
            yield vllm.endpoint(server.address), server.model


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", default="", help="a running endpoint; without it, one is started")
    parser.add_argument("--model", default="", help="the model's name there")
    parser.add_argument("--rounds", type=int, default=3, help="times that each row is measured; the median is kept")
    parser.add_argument("--json", type=Path, default=Path("build/bench/llm.json"), help="file for the figures")
    given = parser.parse_args()
    if given.endpoint and not given.model:
        parser.error("--endpoint needs --model")
    with started(given) as (endpoint, model):
        rows = asyncio.run(compare(endpoint, model, given.rounds))
    Console(width=110).print(table(rows))
    write_rows(given.json, "llm", [asdict(row) for row in rows])
    sys.stderr.write(f"figures in {given.json}\n")


if __name__ == "__main__":
    main()
