"""Finding Triton and saying how to start it, without starting it."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwire.mesh import triton
from groundwire.mesh.errors import PartMissing
from groundwire.mesh.triton import Server, find_models, find_server

PORTS = (8001, 8000, 8002)


def test_no_triton_anywhere_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(PartMissing, match="make triton") as caught:
        find_server({"PATH": str(tmp_path)}, [tmp_path], tmp_path / "layout")

    assert caught.value.part == "triton"


def test_an_environment_that_was_named_and_is_not_there_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "tritonserver").touch(mode=0o755)
    environ = {"PATH": str(tmp_path), triton.ENV_VARIABLE: str(tmp_path / "gone")}

    with pytest.raises(PartMissing, match="gone"):
        find_server(environ, [tmp_path], tmp_path / "layout")


@pytest.mark.parametrize("has_gpu", [False, True])
def test_a_tritonserver_on_path_is_configured_for_the_gpus_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_gpu: bool
) -> None:
    (tmp_path / "tritonserver").touch(mode=0o755)
    monkeypatch.setattr(triton, "GPU_DRIVER", tmp_path if has_gpu else tmp_path / "nothing")

    found = find_server({"PATH": str(tmp_path)}, [], tmp_path / "layout")

    assert found == Server(tmp_path / "tritonserver", ("--model-config-name=gpu",) if has_gpu else ())


def test_the_best_root_with_a_model_repository_is_taken(tmp_path: Path) -> None:
    (tmp_path / "b" / "model_repository").mkdir(parents=True)

    assert find_models({}, [tmp_path / "a", tmp_path / "b"]) == tmp_path / "b" / "model_repository"


def test_no_model_repository_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PartMissing, match=triton.MODELS_VARIABLE):
        find_models({}, [tmp_path])


def test_every_port_is_opened_on_the_loopback_interface(tmp_path: Path) -> None:
    plan = triton.plan(Server(Path("/t")), tmp_path, tmp_path, ports=PORTS, prefix="x-", otlp=None)

    for name, port in zip(("grpc", "http", "metrics"), PORTS, strict=True):
        assert f"--{name}-address=127.0.0.1" in plan.command
        assert f"--{name}-port={port}" in plan.command


def test_triton_traces_only_when_it_is_told_where_to(tmp_path: Path) -> None:
    collector = "http://127.0.0.1:4318/v1/traces"
    silent = triton.plan(Server(Path("/t")), tmp_path, tmp_path, ports=PORTS, prefix="x-", otlp=None)
    traced = triton.plan(Server(Path("/t")), tmp_path, tmp_path, ports=PORTS, prefix="x-", otlp=collector)

    assert not any(option.startswith("--trace") for option in silent.command)
    assert f"--trace-config=opentelemetry,url={collector}" in traced.command


def test_two_homes_never_share_memory_regions() -> None:
    assert triton.region_prefix(Path("/a")) != triton.region_prefix(Path("/b"))
