"""A vision-language model as a judge. Nothing stands in for it: rules see no pixels."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from services.common.errors import CapabilityNotBound, DeadlineExceeded, PartUnavailable
from services.common.geometry import Size
from services.common.plans import Engine
from services.llm import pillow
from services.llm.core import prompting, views
from services.llm.core.trouble import ModelTrouble, Trouble
from services.llm.ports import Judgement

if TYPE_CHECKING:
    from services.common.geometry import Box
    from services.llm.core.prompting import Prompt
    from services.llm.endpoint import Abilities, Endpoint
    from services.llm.turns import Turns


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece of an image, PNG, and which piece, whole pixels."""

    png: bytes
    box: Box


class Crops(Protocol):
    """Pieces of images."""

    async def crop(self, image_digest: str, box: Box | None) -> Cut:
        """The piece that a box holds, rounded outwards; None for the whole image.

        Raises:
            ImageNotFound: No image has that digest.
            PartUnavailable: Perception is out of reach.
        """
        ...


class ModelJudge:
    """The `Judge` port on a model that sees images.

    Args:
        endpoint: The model.
        turns: The queue before it.
        crops: Where the pictures come from.
        prompt: What the model is told.
        marks: Whether it is also shown the whole picture with the places outlined.
    """

    def __init__(self, *, endpoint: Endpoint, turns: Turns, crops: Crops, prompt: Prompt, marks: bool = True) -> None:
        self._endpoint = endpoint
        self._turns = turns
        self._crops = crops
        self._prompt = prompt
        self._marks = marks

    async def judge(self, statement: str, image_digest: str, boxes: tuple[Box, ...]) -> Judgement:
        """Ask the model of the places: closely, with what lies around them, and outlined in the whole picture.

        Raises:
            CapabilityNotBound: The model sees no images, or the endpoint tells no probabilities.
            PartUnavailable: The model, or perception, is out of reach.
            DeadlineExceeded: There was no time.
        """
        messages = prompting.for_judgement(self._prompt, statement)
        try:
            async with self._turns.asking(reserve_s=0.0) as (abilities, until):
                _check_able(abilities)
                pictures = await self._pictures(image_digest, boxes)
                found = await self._endpoint.judge(messages, pictures, abilities, until=until)
        except ModelTrouble as trouble:
            self._turns.failed("judge", trouble)
            raise _told(trouble) from trouble
        return Judgement(found, Engine(abilities.model, abilities.version, messages.digest, temperature=0.0))

    async def _pictures(self, image_digest: str, boxes: tuple[Box, ...]) -> list[bytes]:
        whole = await self._crops.crop(image_digest, None)
        size = Size(round(whole.box.x_max), round(whole.box.y_max))
        looks = [*boxes[: views.CLOSE_LOOKS], views.surroundings(boxes, size)]
        cuts = [(await self._crops.crop(image_digest, box)).png for box in looks]
        if self._marks:
            cuts.append(await asyncio.to_thread(pillow.marked, whole.png, boxes))
        return cuts


def _check_able(abilities: Abilities) -> None:
    for what, able in (("images", abilities.images), ("token probabilities", abilities.logprobs)):
        if not able:
            raise CapabilityNotBound(
                f"{abilities.model} is no judge: its endpoint does not offer {what}",
                remedy="go by the checks of the other capabilities, or bind a vision-language model to the llm service",
                capability="judge",
                engine=abilities.model,
            )


def _told(trouble: ModelTrouble) -> PartUnavailable | DeadlineExceeded:
    if trouble.trouble is Trouble.NO_TIME:
        return DeadlineExceeded("the deadline left no time to judge", remedy="allow more time", step="judge")
    return PartUnavailable(
        f"the language model gave no judgement: {trouble.detail}",
        part="vllm",
        trouble=trouble.trouble.value,
        remedy="try again; if it lasts, see whether the endpoint runs",
    )
