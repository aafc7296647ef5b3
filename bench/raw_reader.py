"""The limit: a reader in one process, with nothing around it. Runs in Triton's environment.

    PYTHON bench/raw_reader.py MODEL_FOLDER THREADS (rapidocr | ours)

Prints "ready"; then each line on standard input names a picture's file, which is decoded and read, and the number of
pieces of lettering is printed. `rapidocr` is RapidOCR as it comes, with so many threads; `ours` is the model's own
code, so that nothing but the serving differs.
"""

from __future__ import annotations

import sys
import types
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2  # type: ignore[import-not-found]  # of Triton's environment
import rapidocr  # type: ignore[import-not-found]  # of Triton's environment

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[Any], int]


def ours(folder: Path, threads: int) -> Reader:
    """How many pieces of lettering the model finds in a picture, u8 [H, W, 3], BGR."""
    sys.modules["triton_python_backend_utils"] = types.ModuleType("triton_python_backend_utils")  # of Triton's process
    sys.path.append(str(folder / "1"))  # of the modules beside it
    spec = util.spec_from_file_location("model", folder / "1" / "model.py")
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - it is the project's own file
    model = util.module_from_spec(spec)
    spec.loader.exec_module(model)
    reader, _ = model.load(threads)
    model.self_test(reader)
    return lambda picture: len(model.read(reader, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))[1])


def as_it_comes(threads: int) -> Reader:
    """How many pieces of lettering RapidOCR finds in a picture, u8 [H, W, 3], BGR."""
    reader = rapidocr.RapidOCR(
        params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": threads}
    )
    return lambda picture: len(reader(picture).txts or ())


def main() -> None:
    """Answer until standard input ends."""
    folder, threads, kind = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    count = ours(folder, threads) if kind == "ours" else as_it_comes(threads)
    print("ready", flush=True)
    for line in sys.stdin:
        print(count(cv2.imread(line.strip())), flush=True)


if __name__ == "__main__":
    main()
