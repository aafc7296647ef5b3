"""Judge on a real vLLM with a vision-language model that knows nothing: what it says is a probability all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundwire.mesh import vllm
from groundwire.v1 import llm_service_pb2 as pb
from tests.fakes.judging import BOXES, judging, request
from tests.mesh import vllm_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mesh.vllm_server import VllmServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    folder = tmp_path_factory.mktemp("vllm")
    model = vllm_server.make_model(folder / "tiny-idefics3", "--vision")
    with vllm_server.serving(model, folder / "log") as started:
        yield started


async def test_a_model_that_sees_judges_and_plans(server: VllmServer) -> None:
    patience = {"first_token_timeout_s": 120, "answer_timeout_s": 240, "probe_timeout_s": 120}
    async with judging(vllm.endpoint(server.address), **patience) as llm:
        judgements = [
            await llm.Judge(request(statement=f"It says {word}.", boxes=BOXES * count))
            for word, count in (("EXIT", 1), ("TOTAL", 1), ("EXIT", 8))
        ]
        planned = await llm.Plan(pb.PlanRequest(question="What is the total?"))
    assert all(0 < judgement.probability < 1 for judgement in judgements)
    assert len({judgement.probability for judgement in judgements}) == 3
    assert {judgement.engine.name for judgement in judgements} == {"tiny-idefics3"}
    assert not planned.degraded
