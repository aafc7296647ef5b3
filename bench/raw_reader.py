"""The limit: the same reader in one process, with nothing around it. Runs in Triton's environment.

    PYTHON bench/raw_reader.py MODEL_FOLDER THREADS

Prints "ready"; then each line on standard input names a picture's file, which is decoded and read, and the number of
pieces of lettering is printed. Uses the model's own code, so that nothing but the serving differs.
"""

import sys
import types
from importlib import util
from pathlib import Path

import cv2  # type: ignore[import-not-found]  # of Triton's environment


def main() -> None:
    """Answer until standard input ends."""
    sys.modules["triton_python_backend_utils"] = types.ModuleType("triton_python_backend_utils")  # of Triton's process
    sys.path.append(str(Path(sys.argv[1]) / "1"))  # of the modules beside it
    spec = util.spec_from_file_location("model", Path(sys.argv[1]) / "1" / "model.py")
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - it is the project's own file
    model = util.module_from_spec(spec)
    spec.loader.exec_module(model)
    reader, _ = model.load(int(sys.argv[2]))
    model.self_test(reader)
    print("ready", flush=True)
    for line in sys.stdin:
        picture = cv2.cvtColor(cv2.imread(line.strip()), cv2.COLOR_BGR2RGB)
        print(len(model.read(reader, picture)[1]), flush=True)


if __name__ == "__main__":
    main()
