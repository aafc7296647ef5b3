"""Which stored model serves what: bound, swapped and unbound while callers ask, without a call lost.

To bind a model to a place, in an order in which perception can always reach what its table names:

1. The store's files are compared with their digests, and the model's folder is rendered.
2. Triton, where one runs, loads the model, and it is ready.
3. The table is replaced. Perception asks the new model from its next look on.
4. Triton unloads what no place names any more. Calls that it has begun it finishes; one that was about to begin is
   told that the model is gone, and perception asks again by the new table.

Without a running mesh, 2 and 4 fall away: the next start loads what is bound.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundwire.models.deploying import model_name
from groundwire.models.errors import BadBinding, Bound, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from groundwire.models.bindings import BindingsFile, Place
    from groundwire.models.cards import ModelCard
    from groundwire.models.deploying import Deployment
    from groundwire.models.serving import ModelServer
    from groundwire.models.store import Store


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds stored models.

    Attributes:
        store: Where the models are.
        table: What is bound.
        deployment: Makes models for Triton.
        server: The running Triton; None where no mesh runs.
    """

    store: Store
    table: BindingsFile
    deployment: Deployment
    server: ModelServer | None

    def bind(self, place: Place, name: str) -> str:
        """Bind a stored model to a place, in place of what was bound there; see the module.

        Returns:
            Triton's name of it, which regions cite.

        Raises:
            BadName, NotStored: There is no such model.
            BadBinding: It does not do that.
            WrongDigest, NotLoaded: It cannot be loaded. What was bound stays bound.
        """
        card = self.store.card(name)
        if place.capability not in card.runners:
            raise BadBinding(
                f"{name} does not {place.capability}",
                remedy=f"bind it to {' or '.join(card.runners)}, or choose another model: groundwire models list",
            )
        with self.table.changing():
            before = self.table.read()
            model = model_name(card, place.capability)
            if not self._serves(model, before.values()):
                self.serve(card, place.capability, keep=model in before.values())
            self._replace(before, {**before, place: model})
        return model

    def unbind(self, place: Place) -> str:
        """Leave a place to what it had before anything was bound to it; Triton's name of what was bound.

        Raises:
            BadBinding: Nothing is bound there.
        """
        with self.table.changing():
            before = self.table.read()
            if place not in before:
                raise BadBinding(f"nothing is bound to {place}", remedy="see groundwire models list")
            self._replace(before, {each: model for each, model in before.items() if each != place})
        return before[place]

    def places(self, card: ModelCard) -> tuple[Place, ...]:
        """Where a model is bound."""
        names = {model_name(card, capability) for capability in card.runners}
        return tuple(sorted(place for place, model in self.table.read().items() if model in names))

    def check_free(self, name: str) -> None:
        """Return if a model may be replaced or removed.

        Raises:
            Bound: It serves.
        """
        try:
            places = self.places(self.store.card(name))
        except ModelError:  # There is none, or nobody can say what it is.
            return
        if places:
            raise Bound(
                f"{name} is bound to {', '.join(map(str, places))}",
                remedy=f"bind another model there, or: groundwire models unbind {places[0]}",
            )

    def remove(self, name: str) -> int:
        """Remove a model from the store; the bytes that this frees.

        Raises:
            BadName, NotStored: There is none.
            Bound: It serves.
        """
        with self.table.changing():
            self.check_free(name)
            return self.store.remove(name)

    def _serves(self, model: str, bound: Iterable[str]) -> bool:
        """Whether a model is there for the table already."""
        return model in bound and (self.server is None or self.server.is_ready(model))

    def serve(self, card: ModelCard, capability: str, *, keep: bool = False) -> None:
        """Steps 1 and 2, while `table` is held. Unless `keep`, what does not load leaves nothing behind.

        Raises:
            WrongDigest, NotLoaded: It cannot be loaded.
        """
        self.store.verify(card)
        folder = self.deployment.render(card, capability, self.store.path(card.name))
        if self.server is None:
            return
        try:
            self.server.load(folder.name)
        except BaseException:
            if not keep:
                shutil.rmtree(folder)
            raise

    def drop(self, model: str) -> None:
        """Step 4, of one model, while `table` is held.

        Raises:
            NotLoaded: Triton is out of reach.
        """
        if self.server is not None:
            self.server.unload(model)
        self.deployment.remove(model)

    def _replace(self, before: dict[Place, str], after: dict[Place, str]) -> None:
        """Steps 3 and 4."""
        self.table.write(after)
        for model in sorted(set(before.values()) - set(after.values())):
            self.drop(model)
