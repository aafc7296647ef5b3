"""`python -m services.perception`: the process, wired."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

from groundwire.v1.perception_service_pb2_grpc import add_PerceptionServiceServicer_to_server
from services.perception.gallery import Gallery
from services.perception.looks import Looks
from services.perception.obstore import open_objects
from services.perception.servicer import PerceptionServicer
from services.perception.settings import PerceptionSettings
from services.perception.triton import TritonModels
from services.runtime.server import Service, run
from services.runtime.settings import load_or_exit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from concurrent.futures import Executor

    from services.perception.ports import Models, Objects

NAME: Final = "groundwire.v1.PerceptionService"


def service(settings: PerceptionSettings, *, models: Models, objects: Objects, threads: Executor) -> Service:
    """The service on the given parts."""
    gallery = Gallery(
        objects=objects,
        limits=settings.limits,
        threads=threads,
        cache_bytes=settings.cache_bytes,
        max_reply_bytes=settings.max_message_bytes,
    )
    looks = Looks(
        models=models,
        gallery=gallery,
        bindings=settings.binding_table,
        rule=settings.view_rule,
        calls_at_once=settings.model_calls_at_once,
    )

    async def ready() -> None:
        await objects.writable()
        await looks.ready()

    return Service(
        NAME, partial(add_PerceptionServiceServicer_to_server, PerceptionServicer(gallery=gallery, looks=looks)), ready
    )


async def main(settings: PerceptionSettings) -> AsyncIterator[Service]:
    """The service on Triton and an object store, until it ends."""
    objects = open_objects(settings.objects_url)
    models = TritonModels(settings.triton_address, timeout_s=settings.model_timeout_s)
    try:
        with ThreadPoolExecutor(settings.pixel_threads, "pixels") as threads:
            yield service(settings, models=models, objects=objects, threads=threads)
    finally:
        await models.close()


if __name__ == "__main__":
    given = load_or_exit(PerceptionSettings)
    run(given, partial(main, given))
