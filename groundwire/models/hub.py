"""The hub of models, by `huggingface_hub`: mirrors, proxies, tokens, offline mode and resuming are its own.

What goes wrong there is translated here, and nowhere else.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx2
import huggingface_hub
from huggingface_hub import errors as foreign
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # loaded lazily, hence untyped

from groundwire.models.errors import DiskFull, Gated, HubUnreachable, ModelError, NotOnHub, Offline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

UNSTATED: Final = "unstated"
"""The licence of a model whose hub card names none."""

_ABSENT: Final = (
    foreign.HFValidationError,
    foreign.RepositoryNotFoundError,
    foreign.RevisionNotFoundError,
    foreign.RemoteEntryNotFoundError,
)
"""How the library says that the hub has no such thing."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a hub's repository.

    Attributes:
        name: Its path in the repository.
        size: Bytes.
        sha256: Of its content, where the hub knows it: of large files. Otherwise empty.
        git_sha1: Git's name of its content, where the hub knows it. Otherwise empty.
    """

    name: str
    size: int
    sha256: str
    git_sha1: str


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model as a hub describes it, at one commit.

    Attributes:
        hub_id: The hub's name of it, as organisation/name.
        revision: The commit, 40 hexadecimal digits.
        licence: As its card states it; `UNSTATED` where it states none.
        files: By name.
    """

    hub_id: str
    revision: str
    licence: str
    files: Mapping[str, HubFile]


class Hub:
    """A hub.

    Args:
        endpoint: Its URL; None for the one that the environment names (HF_ENDPOINT), or the usual one.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        self._api = huggingface_hub.HfApi(endpoint=endpoint)
        self._endpoint = endpoint

    def describe(self, hub_id: str, revision: str | None) -> HubModel:
        """A model at a branch, tag or commit; None for the main branch.

        Raises:
            NotOnHub, Gated, Offline, HubUnreachable: It cannot be described.
        """
        with _translated(hub_id, revision):
            info = self._api.model_info(hub_id, revision=revision, files_metadata=True)
        if info.sha is None:
            raise HubUnreachable(f"the hub did not say at which commit {hub_id} is", remedy="see HF_ENDPOINT")
        files = {each.rfilename: _file(each) for each in info.siblings or ()}
        return HubModel(hub_id, info.sha, _licence(info), files)

    def fetch(self, model: HubModel, file: HubFile, folder: Path) -> None:
        """Download a file into a folder, from where an earlier attempt broke off.

        The library's own `hf_hub_download` begins every file anew, and the weights are most of a model.

        Raises:
            NotOnHub, Gated, Offline, HubUnreachable, DiskFull: It cannot be had.
        """
        partial = folder / f".{file.sha256 or file.git_sha1}.incomplete"
        if partial.exists() and partial.stat().st_size > file.size:
            partial.unlink()  # It cannot be the beginning of the file.
        url = huggingface_hub.hf_hub_url(model.hub_id, file.name, revision=model.revision, endpoint=self._endpoint)
        with _translated(model.hub_id, model.revision):
            place = huggingface_hub.get_hf_file_metadata(url, token=None, endpoint=self._endpoint).location
            with partial.open("ab") as arriving:
                http_get(
                    place,
                    arriving,
                    resume_size=arriving.tell(),
                    headers=_headers(url, place),
                    expected_size=file.size,
                    displayed_filename=file.name,
                )
        partial.replace(folder / file.name)


def _file(sibling: Any) -> HubFile:
    return HubFile(
        name=sibling.rfilename,
        size=sibling.size or 0,
        sha256=sibling.lfs.sha256 if sibling.lfs is not None else "",
        git_sha1=sibling.blob_id if sibling.blob_id and sibling.lfs is None else "",
    )


def _licence(info: Any) -> str:
    """What the model's card states, or a tag that was made of it."""
    stated = info.card_data.get("license") if info.card_data is not None else None
    if isinstance(stated, str) and stated:
        return stated.lower()
    tags = (tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:"))
    return next(tags, UNSTATED)


def _headers(url: str, place: str) -> dict[str, str]:
    """The headers of a download. Who asks is the hub's business, and not that of a host which it refers to."""
    same_host = urlsplit(url).netloc == urlsplit(place).netloc
    headers: dict[str, str] = build_hf_headers(token=None if same_host else False)
    return headers


@contextmanager
def _translated(hub_id: str, revision: str | None) -> Iterator[None]:
    at = f"{hub_id} at {revision}" if revision else hub_id
    try:
        yield
    except foreign.OfflineModeIsEnabled as error:
        remedy = "unset HF_HUB_OFFLINE, or copy the model's folder from a machine that has it into the store"
        raise Offline(f"{at} is not in the store, and HF_HUB_OFFLINE forbids to ask the hub", remedy=remedy) from error
    except foreign.GatedRepoError as error:
        remedy = f"agree to its terms on the hub's page of {hub_id}, then set HF_TOKEN to a token of yours"
        raise Gated(f"the hub gives {at} only to those who have agreed to its terms", remedy=remedy) from error
    except _ABSENT as error:
        remedy = "name it as groundwire models list does, or as organisation/name; a private one needs HF_TOKEN"
        raise NotOnHub(f"the hub has no {at}", remedy=remedy) from error
    except foreign.HfHubHTTPError as error:
        raise _refused(at, error.response.status_code) from error
    except httpx2.HTTPError as error:
        remedy = "see the network, HTTPS_PROXY and HF_ENDPOINT, then pull again: what has arrived is kept"
        raise HubUnreachable(f"the hub cannot be reached for {at}: {type(error).__name__}", remedy=remedy) from error
    except OSError as error:
        raise _of_disk(at, error) from error


def _refused(at: str, status: int) -> ModelError:
    if status in (401, 403):
        return Gated(f"the hub does not give {at}: HTTP {status}", remedy="set HF_TOKEN to a token that may read it")
    return HubUnreachable(f"the hub answered HTTP {status} for {at}", remedy="try again; what has arrived is kept")


def _of_disk(at: str, error: OSError) -> ModelError:
    if error.errno == errno.ENOSPC:
        return DiskFull(f"the disk is full, so {at} is not whole", remedy="make room, then pull again: it goes on")
    remedy = "pull again: what has arrived is kept"
    return HubUnreachable(f"{at} did not arrive: {error}", remedy=remedy)
