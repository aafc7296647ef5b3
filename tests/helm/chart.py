"""The chart, rendered by the real helm."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "groundwire"
REQUIRED_VARIABLE = "GROUNDWIRE_REQUIRE_HELM"

NEEDED = {
    "postgres": {"existingSecret": "database"},
    "objects": {"url": "s3://pictures/images", "checkpointUrl": "s3://anchors/log"},
    "provenanceKeys": {"existingSecret": "signing"},
}


def helm() -> str:
    """The program that scripts/install-helm put there. Without it the tests skip, or fail where it is required."""
    path = ROOT / ".venv" / "kube" / "helm"
    found = os.environ.get("GROUNDWIRE_HELM") or (str(path) if path.exists() else shutil.which("helm"))
    if found:
        return found
    if os.environ.get(REQUIRED_VARIABLE):
        pytest.fail(f"{REQUIRED_VARIABLE} is set, and helm is not there: scripts/install-helm .venv/kube")
    pytest.skip("helm is not there: scripts/install-helm .venv/kube")


@dataclass(frozen=True)
class Rendered:
    """What helm made of the chart."""

    text: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Every object."""
        return [each for each in yaml.safe_load_all(self.text) if each]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Objects of a kind, by name."""
        return {each["metadata"]["name"]: each for each in self.objects if each["kind"] == kind}

    def containers(self) -> dict[str, dict[str, Any]]:
        """Every container of a Deployment, by its name, init containers included."""
        pods = [each["spec"]["template"]["spec"] for each in self.of("Deployment").values()]
        return {c["name"]: c for pod in pods for c in (*pod.get("initContainers", ()), *pod["containers"])}

    def environment(self, component: str) -> dict[str, str]:
        """Plain environment variables of a component's container."""
        return {v["name"]: v["value"] for v in self.containers()[component]["env"] if "value" in v}


def template(*files: str, folder: Path, **values: Any) -> subprocess.CompletedProcess[str]:
    """`helm template` with the chart's own value files, then the needed values, then the given ones."""
    given = folder / "values.yaml"
    given.write_text(yaml.safe_dump(merged(NEEDED, values)))
    named = [f"--values={CHART / f'values-{name}.yaml'}" for name in files]
    command = [helm(), "template", "gw", str(CHART), *named, f"--values={given}", "--namespace=mesh"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`base` with `over` laid over it, table by table."""
    both = {key: merged(base[key], over[key]) for key in base.keys() & over.keys() if isinstance(over[key], dict)}
    return {**base, **over, **both}
