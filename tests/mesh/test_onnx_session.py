"""Networks on ONNX Runtime, in Triton's environment: they are set to share their cores, and say the same."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

REPOSITORY = Path(__file__).parents[2] / "model_repository"
TINY = 1e-30

ASKED = """
import json, sys
import numpy as np, onnxruntime
sys.path.insert(0, sys.argv[1])
from session import session
_, _, network, threads, values, kind = sys.argv
cpu = [("CPUExecutionProvider", {})]
if kind == "ours":
    made = session(open(network, "rb").read(), threads=int(threads), asked=cpu)
else:
    made = onnxruntime.InferenceSession(network, providers=cpu)
print(json.dumps(made.run(None, {"given": np.array(json.loads(values), np.float32)})[0].tolist()))
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that multiplies by 1e-30."""
    factor = helper.make_tensor("factor", TensorProto.FLOAT, [1], [TINY])
    given = helper.make_tensor_value_info("given", TensorProto.FLOAT, ["n"])
    made = helper.make_tensor_value_info("made", TensorProto.FLOAT, ["n"])
    node = helper.make_node("Mul", ["given", "factor"], ["made"])
    graph = helper.make_graph([node], "tiny", [given], [made], [factor])
    path = tmp_path_factory.mktemp("network") / "tiny.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return path


def run(kind: str, network: Path, values: list[float], threads: int = 2) -> list[float]:
    """What a session, `ours` or as it comes, makes of values. In a process of its own: the first session sets it."""
    python = Path(os.environ.get("GROUNDWIRE_TRITON_ENV", ".venv-triton")) / "bin/python"
    folder = REPOSITORY / "read_text" / "1"
    command = [str(python), "-c", ASKED, str(folder), str(network), str(threads), json.dumps(values), kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments
    made: list[float] = json.loads(done.stdout)
    return made


def test_numbers_too_small_to_matter_are_nothing(network: Path) -> None:
    values = [1.0, 1e-5, 1e-10]
    plain = run("plain", network, values)

    assert plain == pytest.approx([1e-30, 1e-35, 1e-40], rel=1e-4, abs=0)
    assert run("ours", network, values) == [plain[0], plain[1], 0.0]


def test_more_threads_than_cores_are_the_runtime_s_own_choice(network: Path) -> None:
    assert run("ours", network, [2.0, -3.0], threads=4096) == run("plain", network, [2.0, -3.0])
