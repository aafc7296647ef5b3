"""The alerts: promtool accepts them, they fire in trouble and not in peace, and each has a runbook."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.helm.chart import CHART, ROOT
from tests.helm.prometheus import program

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = CHART / "files" / "rules.yaml"
SCENES = Path(__file__).parent / "rules.test.yaml"


def rules(kind: str) -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        yield from (rule for rule in group["rules"] if kind in rule)


ALERTS = {rule["alert"]: rule for rule in rules("alert")}


def test_promtool_accepts_the_rules() -> None:
    command = [program("promtool"), "check", "rules", str(RULES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert f"{sum(1 for kind in ('alert', 'record') for _ in rules(kind))} rules found" in done.stdout


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """The scenes beside the rules, as promtool wants them."""
    shutil.copy(RULES, tmp_path)
    return Path(shutil.copy(SCENES, tmp_path))


def test_every_scene_ends_as_it_should(beside: Path) -> None:
    command = [program("promtool"), "test", "rules", str(beside)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_rule_that_was_weakened_would_be_noticed(beside: Path) -> None:
    weakened = RULES.read_text().replace("> 14.4 * 0.005", "> 144 * 0.005")
    (beside.parent / RULES.name).write_text(weakened)
    command = [program("promtool"), "test", "rules", str(beside)]
    assert subprocess.run(command, capture_output=True, check=False, timeout=300).returncode != 0


def test_every_alert_has_a_scene_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    asked = [each for scene in yaml.safe_load(SCENES.read_text())["tests"] for each in scene["alert_rule_test"]]
    fired = {each["alertname"] for each in asked if each.get("exp_alerts")}
    quiet = {each["alertname"] for each in asked if not each.get("exp_alerts")}
    assert fired == quiet == set(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_leads_to_a_runbook_that_says_something(alert: str) -> None:
    file, _, anchor = ALERTS[alert]["annotations"]["runbook"].partition("#")
    assert anchor == alert.lower()
    runbooks = re.split(r"^### ", (ROOT / file).read_text(), flags=re.MULTILINE)[1:]
    said = {title: body.strip() for title, _, body in (runbook.partition("\n") for runbook in runbooks)}
    assert len(said[alert].split("\n## ")[0]) > 80


def test_no_runbook_is_about_an_alert_that_is_no_more() -> None:
    section = (ROOT / "docs" / "operations.md").read_text().split("\n## Alerts\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^### (\w+)", section, flags=re.MULTILINE)) == set(ALERTS)


def test_the_dashboard_uses_recorded_rules_that_are_recorded() -> None:
    recorded = {rule["record"] for rule in rules("record")}
    panels = json.loads((CHART / "files" / "dashboard.json").read_text())["panels"]
    asked = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    used = set(re.findall(r"\bgroundwire:[\w:]+", asked + " ".join(rule["expr"] for rule in ALERTS.values())))
    assert used == recorded
