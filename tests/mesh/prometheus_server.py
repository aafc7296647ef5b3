"""A real Prometheus that fetches the metrics of a running mesh and applies the chart's rules to them."""

from __future__ import annotations

import json
import subprocess
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import stamina
import yaml

from tests.fakes.ports import free_port
from tests.helm.chart import CHART
from tests.helm.prometheus import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PATIENCE_S = 90.0
"""How long a busy machine may take to fetch and to evaluate, seconds."""


class NotYetError(Exception):
    """What is waited for has not come."""


@dataclass(frozen=True)
class Prometheus:
    """Its HTTP API."""

    url: str

    def get(self, path: str, **query: str) -> Any:
        """The data of an answer.

        Raises:
            OSError: It does not answer, or refuses the query.
        """
        asked = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(asked, timeout=20) as response:  # noqa: S310 - our own address
            return json.load(response)["data"]

    def samples(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """What an expression is now: labels and value of each series."""
        found = self.get("query", query=expression)
        if found["resultType"] == "scalar":
            return [({}, float(found["result"][1]))]
        return [(each["metric"], float(each["value"][1])) for each in found["result"]]

    def once(self, what: str, is_so: Callable[[], bool]) -> None:
        """Return when it is so."""
        for attempt in stamina.retry_context(
            on=(NotYetError, OSError), attempts=None, timeout=PATIENCE_S, wait_initial=0.2, wait_max=1.0
        ):
            with attempt:
                if not is_so():
                    raise NotYetError(what)


@contextmanager
def watching(folder: Path, targets: Mapping[str, int]) -> Iterator[Prometheus]:
    """Prometheus on the metrics ports of services, by name, with the chart's rules, fetching every second."""
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules_every_second(folder))],
        "scrape_configs": [
            {
                "job_name": name,
                # As the Prometheus operator labels what a ServiceMonitor finds.
                "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": {"service": f"gw-groundwire-{name}"}}],
            }
            for name, port in targets.items()
        ],
    }
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration))
    address = f"127.0.0.1:{free_port()}"
    command = [program("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=log)  # noqa: S603
        try:
            yield Prometheus(f"http://{address}")
        finally:
            process.terminate()
            process.wait(30)


def rules_every_second(folder: Path) -> Path:
    """The chart's rules, evaluated as often as metrics are fetched here."""
    file = folder / "rules.yaml"
    file.write_text((CHART / "files" / "rules.yaml").read_text().replace("interval: 30s", "interval: 1s"))
    return file
