"""The chart: valid for Kubernetes, hardened, wired by the one table, and clear about what it lacks."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml

from groundwire import policies
from groundwire.mesh import table
from services.fusion.settings import FusionSettings
from services.llm.settings import LlmSettings
from services.perception.settings import PerceptionSettings
from services.perception.triton import CHANNEL
from services.provenance.settings import ProvenanceSettings
from services.runtime.identity.policy import Peer
from services.runtime.identity.policy_file import read_policy
from tests.helm.chart import CHART, ROOT, Rendered, helm, template

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from services.runtime.settings import ServiceSettings

SIZES = ("laptop", "one-gpu", "many-gpus")
VERSIONS = ("1.29", "1.33", "1.37")
OURS = policies.SERVICES
CUSTOM = {"Certificate", "Issuer", "ServiceMonitor", "PrometheusRule", "ScaledObject"}
COLLECTOR: dict[str, Any] = {
    "telemetry": {
        "collector": {
            "enabled": True,
            "replicas": 2,
            "exporters": {"otlp/tempo": {"endpoint": "tempo.traces:4317"}},
            "traces": ["otlp/tempo"],
            "metrics": ["otlp/tempo"],
            "egressPorts": [4317],
        }
    }
}
FLAGS: tuple[dict[str, Any], ...] = (
    {"identity": {"enabled": False}},
    {"identity": {"issuerRef": {"kind": "ClusterIssuer", "name": "company"}}},
    {"identity": {"tokens": {"issuer": "https://login.example", "keysUrl": "https://login.example/keys"}}},
    {"networkPolicies": {"enabled": False}},
    {"triton": {"enabled": False, "address": "triton.models:8001"}},
    {"triton": {"models": {"existingClaim": "m", "load": ["owl"]}}, "objects": {"existingSecret": "store"}},
    {"triton": {"models": {"url": "s3://models/groundwire", "existingSecret": "store", "load": ["owl"]}}},
    {"triton": {"autoscaling": {"enabled": True}, "serviceAccountAnnotations": {"cloud/role": "reader"}}},
    {"vllm": {"endpoint": "https://llm.example/v1", "existingSecret": "llm"}},
    {"vllm": {"enabled": True, "model": "a/b"}, "monitoring": {"serviceMonitors": True}},
    {"monitoring": {"serviceMonitors": True, "rules": True, "dashboards": True, "labels": {"release": "prometheus"}}},
    {"telemetry": {"otlpEndpoint": "http://collector:4317"}},
    {"telemetry": {"collector": {"enabled": True}}, "identity": {"enabled": False}},
    COLLECTOR,
    {"components": {"fusion": {"autoscaling": {"enabled": True, "inFlight": 4}}}},
    {
        "keda": {"enabled": True, "prometheus": "http://p:9090"},
        "components": {"perception": {"autoscaling": {"enabled": True, "tritonQueueMs": 20}}},
    },
    {"image": {"digest": "sha256:" + "0" * 64}, "imagePullSecrets": [{"name": "pull"}], "fullnameOverride": "gw"},
)


@pytest.fixture
def render(tmp_path: Path) -> Any:
    def rendered(*files: str, **values: Any) -> Rendered:
        done = template(*files, folder=tmp_path, **values)
        assert done.returncode == 0, done.stderr
        return Rendered(done.stdout)

    return rendered


def problems(rendered: Rendered, version: str) -> list[str]:
    """What Kubernetes would find wrong, in the strict reading; definitions of others are not known to it."""
    found = []
    for each in rendered.objects:
        if each["kind"] in CUSTOM:
            continue
        try:
            kubernetes_validate.validate(each, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{each['kind']} {each['metadata']['name']}: {error.message}")
    return found


@pytest.mark.parametrize(("size", "version"), list(itertools.product(SIZES, VERSIONS)))
def test_every_size_is_valid_for_every_kubernetes(render: Any, size: str, version: str) -> None:
    assert problems(render(size), version) == []


@pytest.mark.parametrize("values", FLAGS, ids="-".join)
def test_every_flag_that_matters_renders_validly(render: Any, values: dict[str, Any]) -> None:
    assert problems(render(**values), "1.33") == []


def test_the_validator_would_find_something() -> None:
    broken = Rendered("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {port: 1}\n")
    assert problems(broken, "1.33") != []


def test_helm_lints_it_strictly(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text(
        "postgres: {existingSecret: a}\nobjects: {url: s3://a}\nprovenanceKeys: {existingSecret: b}\n"
    )
    command = [helm(), "lint", "--strict", str(CHART), f"--values={tmp_path / 'v.yaml'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"postgres": {"existingSecret": ""}}, "postgres.existingSecret: name the secret"),
        ({"objects": {"url": ""}}, "objects.url: say where images are kept"),
        ({"objects": {"url": "/a/folder"}}, "/objects/url"),
        ({"provenanceKeys": {"existingSecret": ""}}, "provenanceKeys.existingSecret"),
        ({"triton": {"enabled": False}}, "triton.address"),
        ({"vllm": {"enabled": True}}, "vllm.model: name the model"),
        ({"components": {"provenance": {"replicas": 2}}}, "maximum"),
        ({"components": {"fusoin": {}}}, "fusoin"),
        ({"keda": {"enabled": True}, "components": {"fusion": {"autoscaling": {"enabled": True}}}}, "keda.prometheus"),
        ({"telemetry": {"collector": {"enabled": True, "traces": ["tempo"]}}}, "tempo is none of its exporters"),
        (
            {"telemetry": {"collector": {"enabled": True}, "otlpEndpoint": "http://other:4317"}},
            "give otlpEndpoint or enable collector",
        ),
        ({"triton": {"models": {"existingClaim": "a", "url": "s3://b"}}}, "/triton/models"),
        ({"triton": {"models": {"url": "https://b"}}}, "/triton/models/url"),
        ({"identity": {"callers": [{"methods": ["*"], "tenants": ["*"]}]}}, "callers"),
    ],
)
def test_what_is_missing_or_misspelt_is_named(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    done = template(folder=tmp_path, **values)
    assert done.returncode != 0
    assert said in done.stderr


def test_no_container_may_more_than_it_must(render: Any) -> None:
    rendered = render("many-gpus", triton={"models": {"existingClaim": "", "url": "s3://models"}}, **COLLECTOR)
    pods = [each["spec"]["template"]["spec"] for each in rendered.of("Deployment").values()]
    pods += [each["spec"] for each in rendered.of("Pod").values()]
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True, container["name"]
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["requests"]
            assert container["resources"]["limits"]["memory"]


def test_the_drain_outlasts_the_longest_deadline(render: Any) -> None:
    deployments = render().of("Deployment")
    deadline_s = FusionSettings().default_deadline_s
    for name in OURS:
        deployment = deployments[f"gw-groundwire-{name}"]
        grace_s = float(render().environment(name)[f"GROUNDWIRE_{name.upper()}_GRACE_S"])
        assert deadline_s < grace_s < deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]


def test_the_chart_s_table_is_the_mesh_s() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "render-mesh"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def edges_of_policies(rendered: Rendered) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """(caller, callee) as the callees' ingress says, and as the callers' egress says."""
    label = "app.kubernetes.io/component"
    into: set[tuple[str, str]] = set()
    out: set[tuple[str, str]] = set()
    for policy in rendered.of("NetworkPolicy").values():
        me = policy["spec"]["podSelector"]["matchLabels"].get(label)
        for way, edges in (("ingress", into), ("egress", out)):
            for rule in policy["spec"].get(way) or ():
                for peer in rule.get("to" if way == "egress" else "from", ()):
                    other = peer.get("podSelector", {}).get("matchLabels", {}).get(label)
                    if other:
                        edges.add((other, me) if way == "ingress" else (me, other))
    return into, out


def test_network_policies_let_through_the_edges_of_the_table_and_nothing_else(render: Any) -> None:
    into, out = edges_of_policies(render(vllm={"enabled": True, "model": "a/b"}))
    table_s = {edge for edge in (*table.EDGES, *table.MODEL_EDGES) if edge[1] != "postgres"}
    spans = {(name, "provenance") for name in OURS if name != "provenance"}
    tests = {("test", name) for name in policies.GRPC_SERVICES}
    assert into == out == table_s | spans | tests


def test_with_a_collector_spans_take_the_way_through_it_alone(render: Any) -> None:
    rendered = render(vllm={"enabled": True, "model": "a/b"}, **COLLECTOR)
    into, out = edges_of_policies(rendered)
    table_s = {edge for edge in (*table.EDGES, *table.MODEL_EDGES) if edge[1] != "postgres"}
    spans = {(name, "collector") for name in OURS} | {("collector", "provenance")}
    tests = {("test", name) for name in policies.GRPC_SERVICES}
    assert into == out == table_s | spans | tests
    for name in OURS:
        endpoint = rendered.environment(name)["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
        assert endpoint == "https://gw-groundwire-collector:4317"
    assert (
        "spiffe://groundwire/mesh/collector" in rendered.of("ConfigMap")["gw-groundwire-access"]["data"]["policy.toml"]
    )
    said = yaml.safe_load(rendered.of("ConfigMap")["gw-groundwire-collector"]["data"]["collector.yaml"])
    assert said["service"]["pipelines"]["traces"]["exporters"] == ["otlp/provenance", "otlp/tempo"]
    for pipeline in said["service"]["pipelines"].values():
        assert set(pipeline["exporters"]) <= set(said["exporters"])
        assert set(pipeline["processors"]) <= set(said["processors"])
    assert said["exporters"]["otlp/provenance"]["endpoint"] == "gw-groundwire-provenance:50054"
    assert "gw-groundwire-collector" in rendered.of("Certificate")


def test_a_collector_of_ones_own_can_be_reached(render: Any) -> None:
    rendered = render(telemetry={"otlpEndpoint": "http://collector.watching:4318"})
    for name in OURS:
        ports = [
            port["port"]
            for rule in rendered.of("NetworkPolicy")[f"gw-groundwire-{name}"]["spec"]["egress"]
            for port in rule["ports"]
        ]
        assert 4318 in ports


def test_everything_begins_with_nothing_let_through(render: Any) -> None:
    nothing = render().of("NetworkPolicy")["gw-groundwire-nothing"]["spec"]
    assert nothing["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in nothing
    assert "egress" not in nothing


def test_addresses_are_the_table_s_edges_and_name_services_that_are_there(render: Any) -> None:
    rendered = render()
    services = {name: {port["port"] for port in each["spec"]["ports"]} for name, each in rendered.of("Service").items()}
    for caller in OURS:
        addressed = {}
        for variable, value in rendered.environment(caller).items():
            if variable.startswith(f"GROUNDWIRE_{caller.upper()}_") and variable.endswith("_ADDRESS"):
                host, _, port = value.removeprefix("dns:///").rpartition(":")
                assert int(port) in services[host], variable
                addressed[host.removeprefix("gw-groundwire-")] = int(port)
        called = {callee for by, callee in (*table.EDGES, *table.MODEL_EDGES) if by == caller}
        assert set(addressed) == called - {"postgres", "vllm"}


SETTINGS: dict[str, type[ServiceSettings]] = {
    "fusion": FusionSettings,
    "llm": LlmSettings,
    "perception": PerceptionSettings,
    "provenance": ProvenanceSettings,
}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_variable_is_one_that_the_service_knows(render: Any, name: str) -> None:
    tokens = {"issuer": "https://login.example", "keysUrl": "https://login.example/keys"}
    rendered = render(identity={"tokens": tokens}, vllm={"endpoint": "https://llm.example/v1", "existingSecret": "llm"})
    prefix = f"GROUNDWIRE_{name.upper()}_"
    variables = {v["name"] for v in rendered.containers()[name]["env"] if v["name"].startswith(prefix)}
    assert {v.removeprefix(prefix).lower() for v in variables} <= set(SETTINGS[name].model_fields)


def test_the_access_policy_is_that_of_the_table_and_of_the_callers_named(render: Any, tmp_path: Path) -> None:
    caller = {"token": {"role": "analyst"}, "methods": ["groundwire.v1.GroundingService/*"], "tenants": ["acme"]}
    config = render(identity={"callers": [caller]}).of("ConfigMap")["gw-groundwire-access"]
    file = tmp_path / "policy.toml"
    file.write_text(config["data"]["policy.toml"])
    policy = read_policy(file)
    for name in OURS:
        peer = Peer((f"spiffe://groundwire/mesh/{name}",))
        (rule,) = (rule for rule in policy.rules if rule.is_about(peer))
        assert rule.methods == policies.methods(name)
    analyst = Peer(claims={"role": "analyst"}, tenant="acme")
    policy.authorise(analyst, "groundwire.v1.GroundingService/Ask", "acme")


def test_certificates_name_the_hosts_that_callers_dial(render: Any) -> None:
    rendered = render()
    for name in OURS:
        certificate = rendered.of("Certificate")[f"gw-groundwire-{name}"]["spec"]
        assert f"gw-groundwire-{name}" in certificate["dnsNames"]
        assert certificate["uris"] == [f"spiffe://groundwire/mesh/{name}"]
        mounted = rendered.of("Deployment")[f"gw-groundwire-{name}"]["spec"]["template"]["spec"]["volumes"]
        assert {"name": "tls", "secret": {"secretName": certificate["secretName"], "defaultMode": 0o440}} in mounted


def test_a_changed_access_policy_rolls_the_pods(render: Any) -> None:
    def checksum(rendered: Rendered) -> str:
        pod = rendered.of("Deployment")["gw-groundwire-fusion"]["spec"]["template"]
        return str(pod["metadata"]["annotations"]["checksum/access"])

    caller = {"certificate": "spiffe://x", "methods": ["*"], "tenants": ["a"]}
    assert checksum(render()) != checksum(render(identity={"callers": [caller]}))


def test_models_come_from_a_volume_or_are_copied_from_an_object_store_before_triton_starts(render: Any) -> None:
    copied = render(triton={"models": {"url": "s3://models/mesh", "existingSecret": "store", "load": ["owl"]}})
    init = copied.containers()["models"]
    assert init["args"] == ["-m", "groundwire", "models", "fetch", "s3://models/mesh", "/models"]
    assert init["envFrom"] == [{"secretRef": {"name": "store"}}]
    for rendered, volume in (
        (copied, {"emptyDir": {"sizeLimit": "20Gi"}}),
        (render(triton={"models": {"existingClaim": "own"}}), {"persistentVolumeClaim": {"claimName": "own"}}),
    ):
        pod = rendered.of("Deployment")["gw-groundwire-triton"]["spec"]["template"]["spec"]
        assert {"name": "models", **volume} in pod["volumes"]
        assert "--model-repository=/models" in rendered.containers()["triton"]["args"]
    assert "--model-repository=/models" not in render().containers()["triton"]["args"]


def test_gpus_land_where_they_are_and_their_servers_grow_and_drain(render: Any) -> None:
    rendered = render("many-gpus", triton={"nodeSelector": {"gpu": "h200"}})
    for name, gpus in (("triton", 1), ("vllm", 2)):
        pod = rendered.of("Deployment")[f"gw-groundwire-{name}"]["spec"]["template"]["spec"]
        assert rendered.containers()[name]["resources"]["limits"]["nvidia.com/gpu"] == gpus
        assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
        shared = next(volume["emptyDir"] for volume in pod["volumes"] if volume["name"] == "shm")
        assert shared["medium"] == "Memory"
        assert f"gw-groundwire-{name}" in rendered.of("PodDisruptionBudget")
    assert rendered.of("Deployment")["gw-groundwire-triton"]["spec"]["template"]["spec"]["nodeSelector"] == {
        "gpu": "h200"
    }
    assert "replicas" not in rendered.of("Deployment")["gw-groundwire-triton"]["spec"]
    growth = rendered.of("ScaledObject")["gw-groundwire-triton"]["spec"]["triggers"]
    assert [each["type"] for each in growth] == ["cpu", "prometheus"]
    assert "nv_inference_queue_duration_us" in growth[1]["metadata"]["query"]
    in_flight = rendered.of("ScaledObject")["gw-groundwire-fusion"]["spec"]["triggers"][1]["metadata"]["query"]
    assert "groundwire_calls_in_flight" in in_flight


def test_grpc_is_called_pod_by_pod(render: Any) -> None:
    services = render().of("Service")
    for name in (*policies.GRPC_SERVICES, "triton"):
        assert services[f"gw-groundwire-{name}"]["spec"]["clusterIP"] == "None"
    assert {name for name, value in CHANNEL if name == "grpc.service_config" and "round_robin" in str(value)}


def keys(values: Any, above: str = "") -> Iterator[str]:
    """Every place in values, dotted."""
    for name, value in values.items() if isinstance(values, dict) else ():
        yield f"{above}{name}"
        yield from keys(value, f"{above}{name}.")


def documented(text: str) -> set[str]:
    """Places above which a comment stands that helm-docs would take: `# -- …`."""
    found: set[str] = set()
    above: list[str] = []
    said = False
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("# -- "):
            said = True
        elif stripped and not stripped.startswith(("#", "-")):
            depth = (len(line) - len(line.lstrip())) // 2
            above = [*above[:depth], stripped.split(":")[0]]
            found |= {".".join(above)} if said else set()
            said = False
    return found


PLAIN = {"enabled", "tag", "digest", "pullPolicy", "repository", "resources", "replicas", "nodeSelector", "tolerations"}
"""Names that say what they are, wherever they stand."""


def test_every_value_is_documented_in_place() -> None:
    text = (CHART / "values.yaml").read_text()
    told, known = documented(text), set(keys(yaml.safe_load(text)))
    tables = {key.rsplit(".", 1)[0] for key in known if "." in key}
    for key in known - tables:
        parents = {key.rsplit(".", number)[0] for number in range(key.count(".") + 1)}
        if not key.startswith("components.") and not PLAIN & set(key.split(".")):
            assert told & parents, f"{key} has no comment that begins with '# -- '"


def test_no_secret_is_in_what_is_rendered(render: Any) -> None:
    assert render("one-gpu").of("Secret") == {}


def test_triton_loads_every_model_that_perception_is_bound_to(render: Any) -> None:
    rendered = render("many-gpus")
    loaded = {
        arg.removeprefix("--load-model=") for arg in rendered.containers()["triton"]["args"] if "load-model" in arg
    }
    bindings = json.loads(rendered.environment("perception")["GROUNDWIRE_PERCEPTION_BINDINGS"])
    bound = {model for tiers in bindings.values() for model in tiers.values()}
    assert bound == loaded
    shipped = {path.parent.name for path in (ROOT / "model_repository").glob("*/config.pbtxt")}
    assert bound - shipped == {"owlv2-base"}
    assert set(PerceptionSettings(objects_url="file:///x").bindings) <= set(bindings)
