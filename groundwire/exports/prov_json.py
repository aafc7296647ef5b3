"""An answer as W3C PROV: what was made of what, by which activity, on whose part.

Image, question, plan, regions, claims, checks and the answer are entities; a look of a model, planning, composing and
checking are activities; models and engines are software agents. A claim is derived from the regions that it cites, with
the role of the citation.

Source of the vocabulary: https://www.w3.org/TR/prov-dm/, of the form: https://www.w3.org/submissions/prov-json/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prov.model import ProvDocument

from groundwire import words

if TYPE_CHECKING:
    from groundwire.v1 import answer_pb2, claim_pb2, plan_pb2, region_pb2

NAMESPACE: Final = "urn:groundwire:v1:"
SOFTWARE: Final = "prov:SoftwareAgent"


def prov_json(answer: answer_pb2.Answer) -> str:
    """The answer as PROV-JSON, ending in a line break."""
    made = _Provenance(answer)
    made.add_all()
    text: str = made.document.serialize(format="json", indent=2)
    return text + "\n"


class _Provenance:
    """Builds the document of one answer; names in it begin with the answer's id, so that documents can be merged."""

    def __init__(self, answer: answer_pb2.Answer) -> None:
        self.document: Any = ProvDocument()
        self.document.add_namespace("gw", NAMESPACE)
        self._answer = answer
        self._looks: dict[bytes, tuple[str, str]] = {}

    def add_all(self) -> None:
        answer = self._answer
        self._entity(self._image, "Image", {"gw:sha256": answer.image.digest, "gw:mediaType": answer.image.media_type})
        self._entity(self._name("question"), "Question", {"prov:value": answer.question})
        self._add_plan()
        for region in answer.regions:
            self._add_region(region)
        composing = self._activity("composing", "Composing", answer.composer)
        self.document.used(composing, self._name("plan"))
        for claim in answer.claims:
            self._add_claim(claim, composing)
        facts = {"gw:trace": answer.trace_id, "gw:record": answer.record.index, "gw:recordDigest": answer.record.digest}
        whole = self._entity(self._name(), "Answer", {"prov:generatedAtTime": answer.create_time.ToDatetime(), **facts})
        for claim in answer.claims:
            self.document.hadMember(whole, self._name("claim", claim.id))

    def _add_plan(self) -> None:
        planning = self._activity("planning", "Planning", self._answer.plan.engine)
        self.document.used(planning, self._name("question"))
        plan = self._entity(self._name("plan"), "Plan", {"gw:task": words.task(self._answer.plan.task)})
        self.document.wasGeneratedBy(plan, planning)

    def _add_region(self, region: region_pb2.Region) -> None:
        look, _ = self._look(region.source)
        box = region.box
        facts: dict[str, Any] = {
            "gw:box": f"{box.x_min} {box.y_min} {box.x_max} {box.y_max}",
            "gw:label": region.label,
            "gw:text": region.text,
        }
        if region.HasField("score"):
            facts["gw:score"] = region.score
        made = self._entity(self._name("region", region.id), "Region", facts)
        self.document.wasGeneratedBy(made, look)
        self.document.wasDerivedFrom(made, self._image)

    def _add_claim(self, claim: claim_pb2.Claim, composing: str) -> None:
        facts = {
            "prov:value": claim.text,
            "gw:verdict": words.verdict(claim.verdict),
            "gw:evidenceScore": claim.evidence_score,
            "gw:span": claim.span_id,
        }
        made = self._entity(self._name("claim", claim.id), "Claim", facts)
        self.document.wasGeneratedBy(made, composing)
        for citation in claim.citations:
            region = self._name("region", citation.region_id)
            self.document.wasDerivedFrom(made, region, other_attributes={"gw:role": words.role(citation.role)})
        for i, check in enumerate(claim.checks):
            self._add_check(check, made, f"{claim.id}.{i + 1}")

    def _add_check(self, check: claim_pb2.Check, claim: str, name: str) -> None:
        testing = self._name("testing", name)
        self.document.activity(testing, other_attributes={"prov:type": "gw:Testing"})
        self.document.used(testing, claim)
        if check.HasField("source"):
            _, model = self._look(check.source)
            self.document.wasAssociatedWith(testing, model)
        figures = {f"gw:figure/{figure}": value for figure, value in sorted(check.figures.items())}
        facts = {"gw:check": words.check(check.kind), "gw:outcome": words.outcome(check.outcome), **figures}
        made = self._entity(self._name("check", name), "Check", {"prov:value": check.detail, **facts})
        self.document.wasGeneratedBy(made, testing)

    def _look(self, source: region_pb2.Source) -> tuple[str, str]:
        """The run of a model, and the model: once each."""
        key = source.SerializeToString(deterministic=True)
        if key not in self._looks:
            look = self._name("look", str(len(self._looks) + 1))
            facts = {"gw:trace": source.trace_id, "gw:span": source.span_id, "gw:tier": words.tier(source.tier)}
            facts |= {f"gw:threshold/{each.name}": f"{each.value:g}" for each in source.thresholds}
            self.document.activity(look, other_attributes=_set({"prov:type": "gw:Look", **facts}))
            self.document.used(look, self._image)
            model = self._agent(source.model, source.version, {"gw:weights": source.weights_digest})
            self.document.wasAssociatedWith(look, model)
            self._looks[key] = look, model
        return self._looks[key]

    def _activity(self, name: str, kind: str, engine: plan_pb2.Engine) -> str:
        activity = self._name(name)
        facts: dict[str, Any] = {"gw:promptTemplate": engine.prompt_digest}
        if engine.HasField("temperature"):
            facts["gw:temperature"] = engine.temperature
        if engine.HasField("seed"):
            facts["gw:seed"] = engine.seed
        self.document.activity(activity, other_attributes=_set({"prov:type": f"gw:{kind}", **facts}))
        self.document.wasAssociatedWith(activity, self._agent(engine.name, engine.version, {}))
        return activity

    def _agent(self, name: str, version: str, facts: dict[str, Any]) -> str:
        agent = f"gw:model/{name or 'unknown'}@{version}"
        if not self.document.get_record(agent):
            said = {"prov:type": SOFTWARE, "gw:name": name, "gw:version": version, **facts}
            self.document.agent(agent, _set(said))
        return agent

    def _entity(self, name: str, kind: str, facts: dict[str, Any]) -> str:
        self.document.entity(name, _set({"prov:type": f"gw:{kind}", **facts}))
        return name

    @property
    def _image(self) -> str:
        return f"gw:image/{self._answer.image.digest}"

    def _name(self, *parts: str) -> str:
        return "/".join((f"gw:answer/{self._answer.id}", *parts))


def _set(facts: dict[str, Any]) -> dict[str, Any]:
    """Those that say something."""
    return {name: value for name, value in facts.items() if value not in ("", None)}
