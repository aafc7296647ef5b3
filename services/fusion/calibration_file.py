"""The file that `groundwire calibrate` writes: what was fitted, and how the digest that answers carry comes about."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.common.errors import MeshError
from services.fusion.core.calibration import Beta, Fit, Fitted, Isotonic, Model

if TYPE_CHECKING:
    from pathlib import Path

    from services.fusion.core.calibration import Curve


class _Said(BaseModel):
    """What a later version of the format may add is passed over: it changes no fit of this one."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class _Model(_Said):
    name: str = Field(min_length=1)
    version: str
    weights_digest: str = Field(pattern="^[0-9a-f]{64}$")


class _Isotonic(_Said):
    method: Literal["isotonic"]
    knots: list[tuple[float, float]]

    def curve(self) -> Curve:
        return Isotonic(tuple(score for score, _ in self.knots), tuple(value for _, value in self.knots))


class _Beta(_Said):
    method: Literal["beta"]
    a: float
    b: float
    c: float
    margin: float

    def curve(self) -> Curve:
        return Beta(self.a, self.b, self.c, self.margin)


class _Fit(_Said):
    kind: str = Field(min_length=1)
    models: list[_Model] = Field(min_length=1)
    pooled: bool
    curve: Annotated[_Isotonic | _Beta, Field(discriminator="method")]

    @model_validator(mode="after")
    def _rises(self) -> _Fit:
        self.curve.curve()
        return self

    @property
    def fit(self) -> Fit:
        models = frozenset(Model(one.name, one.version, one.weights_digest) for one in self.models)
        return Fit(self.kind, models, self.pooled, self.curve.curve())


class _File(_Said):
    format: Literal["groundwire.calibration/1"]
    fits: list[_Fit] = Field(min_length=1)


def read_calibration(path: Path) -> Fitted:
    """The calibration in a file.

    Raises:
        MeshError: The file cannot be read, or is no calibration.
    """
    remedy = "write it with groundwire calibrate, or leave GROUNDWIRE_FUSION_CALIBRATION_FILE unset"
    try:
        content = path.read_bytes()
        file = _File.model_validate_json(content)
    except OSError as error:
        raise MeshError(f"the calibration {path} cannot be read: {error.strerror}", remedy=remedy) from error
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise MeshError(f"the calibration {path}: {place}: {problem['msg']}", remedy=remedy) from error
    fits = sorted((said.fit for said in file.fits), key=lambda fit: fit.pooled)
    return Fitted(hashlib.sha256(content).hexdigest(), tuple(fits))
