"""The command that erases answers."""

from typing import Annotated

import grpc
import typer
from rich.text import Text

from groundwire import calls
from groundwire.cli import connect, consoles, options
from groundwire.credentials import Credentials
from groundwire.errors import from_rpc_error
from groundwire.v1 import provenance_service_pb2, provenance_service_pb2_grpc
from groundwire.words import plain


def erase(
    *,
    answer: Annotated[str, typer.Option("--answer", metavar="ANSWER", help="Id of the answer to erase.")] = "",
    image: Annotated[
        str, typer.Option("--image", metavar="IMAGE", help="sha256:… of an image: every answer about it is erased.")
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why. It stays in the log for good: name nobody.")
    ] = "",
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Erase an answer, or every answer about an image, from the log's store.

    Contents and spans are deleted and their keys destroyed, so that no backup brings them back. The records stay,
    and one that says what was erased is added: groundwire verify then says ERASED. The picture itself is not touched.
    """
    if bool(answer) == bool(image):
        raise typer.BadParameter("give one of --answer and --image")
    digest = image.removeprefix("sha256:")
    at = connect.addresses(address).provenance
    request = provenance_service_pb2.EraseRequest(reason=reason)
    if answer:
        request.answer_id = answer
    else:
        request.image_digest = digest
    credentials = Credentials.of_environment()
    with credentials.channel(at) as channel:
        stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
        try:
            response = stub.Erase(request, timeout=timeout, metadata=credentials.metadata)
        except grpc.RpcError as error:
            raise from_rpc_error(error, part="provenance", address=at, timeout_s=timeout) from error
    for answer_id in response.answer_ids:
        consoles.output().print(Text(f"erased {plain(answer_id)}, by record {response.receipt.index}"), soft_wrap=True)
