"""`python -m services.perception`: the process, wired."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

from groundwire.v1.perception_service_pb2_grpc import add_PerceptionServiceServicer_to_server
from services.perception.aside import Aside
from services.perception.bindings_file import LayeredBindings
from services.perception.gallery import Gallery
from services.perception.looks import Looks
from services.perception.measuring import Measuring
from services.perception.obstore import open_objects
from services.perception.redacting import Redactor
from services.perception.redaction_file import read_policies
from services.perception.reuse import Reuse
from services.perception.servicer import PerceptionServicer
from services.perception.settings import PerceptionSettings
from services.perception.sight import Sight
from services.perception.triton import TritonModels
from services.perception.valkey import ValkeyContexts
from services.runtime.server import Service, run
from services.runtime.settings import load_or_exit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from concurrent.futures import Executor

    from services.perception.ports import Models, Objects, SharedContexts

NAME: Final = "groundwire.v1.PerceptionService"


def service(
    settings: PerceptionSettings,
    *,
    models: Models,
    objects: Objects,
    threads: Executor,
    contexts: SharedContexts | None = None,
) -> Service:
    """The service on the given parts."""
    aside = Aside(threads, settings.pixel_threads)
    bindings = LayeredBindings(settings.binding_table, settings.bindings_file)
    sight = Sight(
        models=models,
        bindings=bindings,
        rule=settings.view_rule,
        calls_at_once=settings.model_calls_at_once,
        aside=aside,
    )
    gallery = Gallery(
        objects=objects,
        limits=settings.limits,
        redactor=Redactor(sight=sight, policies=read_policies(settings.redaction_file), aside=aside),
        aside=aside,
        cache_bytes=settings.cache_bytes,
        admits_at_once=settings.pixel_threads + 1,
        max_reply_bytes=settings.max_message_bytes,
    )
    reuse = Reuse(limit=settings.context_bytes, keep_s=settings.context_keep_s, shared=contexts)
    looks = Looks(models=models, gallery=gallery, bindings=bindings, sight=sight, reuse=reuse)
    servicer = PerceptionServicer(
        gallery=gallery, looks=looks, measuring=Measuring(gallery=gallery, sight=sight, aside=aside)
    )

    async def ready() -> None:
        await objects.writable()
        await looks.ready()

    return Service(NAME, partial(add_PerceptionServiceServicer_to_server, servicer), ready)


async def main(settings: PerceptionSettings) -> AsyncIterator[Service]:
    """The service on Triton and an object store, until it ends."""
    objects = open_objects(settings.objects_url)
    models = TritonModels(
        settings.triton_address,
        timeout_s=settings.model_timeout_s,
        share=settings.share_pixels,
        servers=settings.triton_servers,
    )
    contexts = ValkeyContexts(settings.context_url, keep_s=settings.context_keep_s) if settings.context_url else None
    try:
        with ThreadPoolExecutor(settings.pixel_threads, "pixels") as threads:
            yield service(settings, models=models, objects=objects, threads=threads, contexts=contexts)
    finally:
        await models.close()
        if contexts is not None:
            await contexts.close()


if __name__ == "__main__":
    given = load_or_exit(PerceptionSettings)
    run(given, partial(main, given))
