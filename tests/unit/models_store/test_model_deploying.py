"""Stored models as folders that Triton can load, and a table of what serves where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tritonclient.grpc import model_config_pb2

from groundwire.mesh import triton
from groundwire.mesh.triton import Server
from groundwire.models import rendering
from groundwire.models.binding import Binder
from groundwire.models.bindings import CAPABILITIES, TIERS, BindingsFile, Place
from groundwire.models.deploying import ENV_VARIABLE, Deployment, model_name
from groundwire.models.errors import BadBinding, Bound, NotLoaded, WrongDigest
from groundwire.models.store import Store
from tests.fakes.stored_models import CARD, admit

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).parents[3] / "model_repository"
ONNX = replace(CARD, runners={"detect": "detect_onnx"})


def deployment(home: Path, environ: Mapping[str, str] | None = None) -> Deployment:
    return Deployment(home, REPOSITORY, environ or {}, (home,), triton.bound_folder(home))


def config(folder: Path, name: str = "config.pbtxt") -> Any:
    return text_format.Parse((folder / name).read_text(), model_config_pb2.ModelConfig())


@pytest.fixture
def bound(tmp_path: Path) -> Binder:
    """A store with the detectors `one` and `two`, and no mesh."""
    store = Store(tmp_path)
    for name in ("one", "two"):
        card = admit(store, name=name)
        (store.path(name) / "model-card.json").write_text(replace(card, runners=ONNX.runners).to_json())
    return Binder(store, BindingsFile(tmp_path), deployment(tmp_path), None)


DETECT, CAREFUL = Place("detect", "fast"), Place("detect", "accurate")


def test_a_runner_becomes_a_model_that_knows_its_checkpoint(tmp_path: Path) -> None:
    folder = deployment(tmp_path).render(ONNX, "detect", tmp_path / "there")

    said = config(folder)
    assert folder == triton.bound_folder(tmp_path) / "finder"
    assert said.name == "finder"
    assert said.parameters["checkpoint"].string_value == str(tmp_path / "there")
    assert said.parameters["weights_digest"].string_value == ONNX.weights_digest
    assert (
        said.parameters["intra_op_threads"].string_value
        == config(REPOSITORY / "detect_onnx").parameters["intra_op_threads"].string_value
    )
    assert "allow_pickle" not in said.parameters, "what a runner does not ask for it is not told"
    assert (folder / "1" / "decoders.py").is_file()
    assert not list(tmp_path.glob("triton/*.unfinished"))


def test_every_configuration_of_a_runner_is_filled_in(tmp_path: Path) -> None:
    runner = tmp_path / "runner"
    (runner / "configs").mkdir(parents=True)
    for path in (runner / "config.pbtxt", runner / "configs" / "gpu.pbtxt"):
        path.write_text('name: "runner" parameters { key: "checkpoint" value { string_value: "" } }')

    folder = rendering.render(runner, "finder", {"checkpoint": "/there"}, tmp_path / "repository")

    for name in ("config.pbtxt", "configs/gpu.pbtxt"):
        assert config(folder, name).name == "finder"
        assert config(folder, name).parameters["checkpoint"].string_value == "/there"


@pytest.mark.parametrize(
    ("described", "together"),
    [('{"model_type": "owlv2"}', 8), ('{"model_type": "grounding-dino"}', 0), ("[]", 0), ("{", 0)],
)
def test_on_gpus_requests_are_taken_together_where_the_architecture_can(
    tmp_path: Path, described: str, together: int
) -> None:
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    (checkpoint / "config.json").write_text(described)

    folder = rendering.render(
        REPOSITORY / "detect_transformers", "finder", {"checkpoint": str(checkpoint)}, tmp_path / "repository"
    )

    gpu = config(folder, "configs/gpu.pbtxt")
    assert gpu.max_batch_size == together
    assert gpu.HasField("dynamic_batching") is bool(together)
    assert {each.allow_ragged_batch for each in gpu.input} == {bool(together)}
    assert config(folder, "config.pbtxt").max_batch_size == 0


def test_what_is_no_runner_makes_no_model(tmp_path: Path) -> None:
    for runner in ("read_text", "nobody"):
        with pytest.raises(NotLoaded, match=runner):
            deployment(tmp_path).render(replace(ONNX, runners={"detect": runner}), "detect", tmp_path)
    assert not triton.bound_folder(tmp_path).exists()


def test_a_name_that_the_project_has_for_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotLoaded, match="of its own"):
        deployment(tmp_path).render(replace(ONNX, name="read_text"), "detect", tmp_path)


def test_a_model_that_needs_an_environment_says_so_before_triton_waits_for_it(tmp_path: Path) -> None:
    runner = tmp_path / "runners" / "torchy"
    runner.mkdir(parents=True)
    keys = "".join(
        f'parameters {{ key: "{key}" value {{ string_value: "" }} }}' for key in ("checkpoint", "EXECUTION_ENV_PATH")
    )
    (runner / "config.pbtxt").write_text(keys)
    card = replace(ONNX, runners={"detect": "torchy"})

    def environment(environ: Mapping[str, str]) -> str:
        made = Deployment(tmp_path, runner.parent, environ, (tmp_path,), tmp_path / "bound")
        folder = made.render(card, "detect", tmp_path)
        return str(config(folder).parameters["EXECUTION_ENV_PATH"].string_value)

    with pytest.raises(NotLoaded, match=r"\.venv-models"):
        environment({})
    for name in (".venv-models", "else where", "elsewhere"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / "activate").touch()
    assert environment({}) == str(tmp_path / ".venv-models")
    assert environment({ENV_VARIABLE: str(tmp_path / "elsewhere")}) == str(tmp_path / "elsewhere")
    with pytest.raises(NotLoaded, match="cannot use"):
        environment({ENV_VARIABLE: str(tmp_path / "else where")})


def test_a_model_that_does_two_things_is_two_models() -> None:
    both = replace(ONNX, runners={"embed_text": "a", "embed_image": "b"})
    assert [model_name(both, capability) for capability in both.runners] == ["finder-embed_text", "finder-embed_image"]


def test_binding_swapping_and_unbinding_without_a_mesh(bound: Binder, tmp_path: Path) -> None:
    repository = triton.bound_folder(tmp_path)

    assert bound.bind(DETECT, "one") == "one"
    assert bound.bind(CAREFUL, "two") == "two"
    assert bound.table.read() == {DETECT: "one", CAREFUL: "two"}
    assert {path.name for path in repository.iterdir()} == {"one", "two"}
    bound.bind(DETECT, "two")
    assert {path.name for path in repository.iterdir()} == {"two"}, "what nothing names is not loaded"
    assert bound.places(bound.store.card("two")) == (CAREFUL, DETECT)
    assert bound.unbind(CAREFUL) == "two"
    assert bound.unbind(DETECT) == "two"
    assert bound.table.read() == {}
    assert list(repository.iterdir()) == []


def test_what_is_bound_is_not_removed(bound: Binder) -> None:
    bound.bind(DETECT, "one")

    with pytest.raises(Bound, match="detect fast") as caught:
        bound.remove("one")
    assert "unbind detect fast" in caught.value.remedy
    bound.unbind(DETECT)
    assert bound.remove("one") > 0


def test_weights_that_changed_are_not_bound_and_what_was_bound_stays(bound: Binder) -> None:
    bound.bind(DETECT, "one")
    (bound.store.path("two") / "w.safetensors").write_bytes(b"changed")

    with pytest.raises(WrongDigest):
        bound.bind(DETECT, "two")
    assert bound.table.read() == {DETECT: "one"}


@pytest.mark.parametrize(("capability", "tier", "named"), [("see", "fast", "see"), ("detect", "slow", "slow")])
def test_there_are_no_other_places(capability: str, tier: str, named: str) -> None:
    with pytest.raises(BadBinding, match=named):
        Place(capability, tier)


def test_a_model_is_bound_to_what_it_does(bound: Binder) -> None:
    with pytest.raises(BadBinding, match="does not segment"):
        bound.bind(Place("segment", "fast"), "one")
    with pytest.raises(BadBinding, match="nothing is bound"):
        bound.unbind(DETECT)


@pytest.mark.parametrize("text", ["{", "[]", '{"detect": 3}', '{"see": {"fast": "x"}}', '{"detect": {"slow": "x"}}'])
def test_a_table_that_cannot_be_read_is_named_and_left_alone(bound: Binder, text: str) -> None:
    bound.table.path.write_text(text)

    with pytest.raises(BadBinding, match=r"bindings\.json"):
        bound.bind(DETECT, "one")
    assert bound.table.path.read_text() == text


TABLES = st.dictionaries(
    st.builds(Place, st.sampled_from(CAPABILITIES), st.sampled_from(TIERS)), st.text(min_size=1, max_size=20)
)


@given(table=TABLES)
def test_a_table_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, table: dict[Place, str]
) -> None:
    file = BindingsFile(tmp_path_factory.mktemp("home"))
    file.write(table)
    assert file.read() == table


def test_a_start_makes_anew_what_is_bound_and_nothing_else(bound: Binder, tmp_path: Path) -> None:
    bound.bind(DETECT, "one")
    repository = triton.bound_folder(tmp_path)
    (repository / "one" / "1" / "model.py").write_text("of an older release")
    (repository / "stray").mkdir()

    bound.deployment.refresh({"one", "gone"})

    assert {path.name for path in repository.iterdir()} == {"one"}
    assert (repository / "one" / "1" / "model.py").read_text() == (REPOSITORY / "detect_onnx/1/model.py").read_text()


def test_triton_is_shown_models_and_no_runners(tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    layout.mkdir()
    for _ in range(2):  # The second start finds what the first has left.
        plan = triton.plan(
            Server(Path("/t")), REPOSITORY, layout, ports=(1, 2, 3), prefix="x-", otlp=None, bound=tmp_path / "bound"
        )
    repositories = [
        Path(option.partition("=")[2]) for option in plan.command if option.startswith("--model-repository=")
    ]

    shown = {path.name for path in repositories[0].iterdir()}
    assert "read_text" in shown
    assert not any(rendering.is_runner(repositories[0] / name) for name in shown)
    assert rendering.is_runner(REPOSITORY / "detect_onnx")
    assert repositories[1].resolve() == tmp_path / "bound"
