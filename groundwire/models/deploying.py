"""Stored models as models of Triton: rendered into a repository of the mesh's home, beside the project's own."""

from __future__ import annotations

import shlex
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from groundwire.models import rendering
from groundwire.models.errors import ModelError, NotLoaded
from groundwire.models.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from groundwire.models.cards import ModelCard

ENV_VARIABLE: Final = "GROUNDWIRE_MODELS_ENV"
"""Names the Python environment with torch and transformers, unless it is `.venv-models` of the project."""

ENV_FOLDER: Final = ".venv-models"


def model_name(card: ModelCard, capability: str) -> str:
    """Triton's name of a stored model. One that does several things is several models, each with a name of its own."""
    return card.name if len(card.runners) == 1 else f"{card.name}-{capability}"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What it takes to make models for Triton.

    Attributes:
        home: The folder of the mesh's state.
        runners: The model repository with the runners.
        environ: The environment variables to go by.
        roots: Folders that may be the project's, best first.
        repository: The model repository of what is bound.
    """

    home: Path
    runners: Path
    environ: Mapping[str, str]
    roots: Sequence[Path]
    repository: Path

    def render(self, card: ModelCard, capability: str, checkpoint: Path) -> Path:
        """The folder of a model for Triton, made anew.

        Args:
            card: The stored model.
            capability: What it is to do.
            checkpoint: The folder of its files.

        Raises:
            NotLoaded: The model repository lacks its runner or has a model of that name, or the runner's Python
                environment is not there.
        """
        runner, name = self.runners / card.runners[capability], model_name(card, capability)
        if (self.runners / name).exists():
            raise NotLoaded(f"the model repository has a {name} of its own", remedy="store this one by another name")
        parameters = {rendering.CHECKPOINT: str(checkpoint.absolute()), rendering.DIGEST: card.weights_digest}
        if card.pickled:
            parameters[rendering.ALLOW_PICKLE] = "true"
        if rendering.needs_environment(runner):
            parameters[rendering.ENVIRONMENT] = str(self._environment())
        return rendering.render(runner, name, parameters, self.repository)

    def remove(self, model: str) -> None:
        """Remove the folder of a model, which Triton does not have any more."""
        shutil.rmtree(self.repository / model, ignore_errors=True)

    def refresh(self, bound: Iterable[str]) -> None:
        """Before a start: make the bound models anew, with the runners of today, and remove all others.

        One that cannot be made is left out. It stays bound, and not ready, which `status` shows; it stops nothing.
        """
        store, wanted = Store(self.home), set(bound)
        for folder in self.repository.glob("*"):
            self.remove(folder.name)
        every = ((card, capability) for card in store.cards() for capability in card.runners)
        for card, capability in every:
            if model_name(card, capability) in wanted:
                with suppress(ModelError):
                    self.render(card, capability, store.path(card.name))

    def _environment(self) -> Path:
        """The Python environment in which transformers' models run."""
        named = self.environ.get(ENV_VARIABLE)
        candidates = [Path(named)] if named else [root / ENV_FOLDER for root in self.roots]
        for candidate in candidates:
            if (candidate / "bin" / "activate").is_file():
                return _sayable(candidate.absolute())
        raise NotLoaded(
            f"there is no Python environment for this model: {named or ENV_FOLDER} is none",
            remedy=f"run `make models`, or name one that has torch and transformers with {ENV_VARIABLE}",
        )


def _sayable(path: Path) -> Path:
    """A path that Triton's python backend can use: it stands in a shell line that quotes nothing."""
    if shlex.quote(str(path)) != str(path):
        raise NotLoaded(f"Triton cannot use the folder {path}", remedy="move it to a path without special characters")
    return path
