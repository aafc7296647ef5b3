"""The chain from a question to a verdict, as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from groundwire import labels, palette, searches, words
from groundwire.cli.answer_view import escalation_line, region_line, search_lines
from groundwire.v1 import claim_pb2
from groundwire.words import plain

if TYPE_CHECKING:
    from groundwire.v1 import answer_pb2, image_pb2, plan_pb2, provenance_service_pb2, region_pb2

_OUTCOMES = {
    claim_pb2.CHECK_OUTCOME_PASSED: ("✓", "green"),
    claim_pb2.CHECK_OUTCOME_FAILED: ("✗", "bold red"),
    claim_pb2.CHECK_OUTCOME_INCONCLUSIVE: ("?", "yellow"),
}


def explanation_tree(chain: provenance_service_pb2.ExplainClaimResponse) -> Tree:
    """Question, plan, target, doubts, sources with their regions, rivals, checks, verdict, in that order."""
    claim = chain.claim
    tree = Tree(Text.assemble((f"{plain(claim.id)} ", "bold"), (plain(claim.text), "bold")), guide_style="dim")
    _fact(tree, "question", plain(chain.question))
    _picture(tree, chain.image)
    plan = _fact(tree, "plan", f"{words.task(chain.plan.task)}, by {engine(chain.plan.engine)}")
    if chain.HasField("target"):
        _fact(plan, "target", f"{plain(chain.target.id)} {words.target(chain.target)}")
    for escalation in chain.escalations:
        tree.add(escalation_line(escalation))
    _sources(tree, chain)
    if chain.rival_regions:
        rivals = _fact(tree, "passed over", "found at a cited place, not cited")
        for region in chain.rival_regions:
            rivals.add(region_line(region))
    _evidence_beside_regions(tree, claim)
    kind, told = labels.statement(claim.predicate)
    _fact(_fact(tree, "composed", f"by {engine(chain.composer)}"), kind, told)
    checks = _fact(tree, "checks", "" if claim.checks else "none ran")
    for check in claim.checks:
        _check(checks, check)
    verdict = Text(words.verdict(claim.verdict), style=palette.TERMINAL.get(claim.verdict, ""))
    tree.add(Text.assemble(_name("verdict"), verdict, f", confidence {labels.confidence(claim)}"))
    for review in chain.reviews:
        who = f" by {plain(review.reviewer)}" if review.reviewer else ""
        why = f": {plain(review.note)}" if review.note else ""
        _fact(tree, "reviewed", f"{searches.judgement_word(review.judgement)}{who}{why}, record {review.record.index}")
    _ends(tree, chain.trace_id, chain.record)
    return tree


def abstention_tree(answer: answer_pb2.Answer, abstention: claim_pb2.Abstention) -> Tree:
    """Question, plan, target, doubts, and why nothing is claimed."""
    reason = (words.reason(abstention.reason), "bold magenta")
    tree = Tree(Text.assemble(("not answered: ", "bold"), reason), guide_style="dim")
    _fact(tree, "question", plain(answer.question))
    _picture(tree, answer.image)
    plan = _fact(tree, "plan", f"{words.task(answer.plan.task)}, by {engine(answer.plan.engine)}")
    for target in answer.plan.targets:
        if target.id == abstention.target_id:
            _fact(plan, "target", f"{plain(target.id)} {words.target(target)}")
    for escalation in answer.escalations:
        if escalation.target_id in ("", abstention.target_id):
            tree.add(escalation_line(escalation))
    for region in answer.regions:
        if region.id in abstention.near_region_ids:
            tree.add(Text.assemble(_name("came near"), region_line(region)))
    for line in search_lines(abstention.searches):
        tree.add(line)
    _fact(tree, "why", plain(abstention.detail))
    _ends(tree, answer.trace_id, answer.record)
    return tree


def engine(message: plan_pb2.Engine) -> str:
    """Who planned or composed, with the prompt's digest where there was one."""
    prompt = f", prompt sha256:{plain(message.prompt_digest)}" if message.prompt_digest else ""
    return plain(f"{message.name} {message.version}") + prompt


def source(message: region_pb2.Source) -> str:
    """Model, version, tier, capability, weights, thresholds."""
    bounds = "".join(f", {plain(each.name)} {each.value:g}" for each in message.thresholds)
    weights = f"sha256:{plain(message.weights_digest)}" if message.weights_digest else "declares no weights"
    tier = f"{words.tier(message.tier)} tier" if message.tier else "no tier"
    what = f"{tier}, {words.capability(message.capability)}"
    return f"{plain(message.model)} {plain(message.version)}, {what}, {weights}{bounds}"


def _sources(tree: Tree, chain: provenance_service_pb2.ExplainClaimResponse) -> None:
    """One branch a source, its cited regions below it."""
    roles = {citation.region_id: citation.role for citation in chain.claim.citations}
    branches: dict[bytes, Tree] = {}
    for region in chain.cited_regions:
        key = region.source.SerializeToString(deterministic=True)
        if key not in branches:
            branches[key] = _fact(tree, "seen by", source(region.source))
        role = words.role(roles.get(region.id, claim_pb2.CITATION_ROLE_UNSPECIFIED))
        branches[key].add(Text.assemble(region_line(region), (f" {role}", "dim")))


def _evidence_beside_regions(tree: Tree, claim: claim_pb2.Claim) -> None:
    """Passages of documents, and what an absence searched."""
    for citation in claim.citations:
        if citation.HasField("passage"):
            _fact(tree, "document", f"{labels.passage(citation.passage, ())} {words.role(citation.role)}")
    for line in search_lines(labels.searches(claim)):
        tree.add(line)


def _check(branch: Tree, check: claim_pb2.Check) -> None:
    mark, style = _OUTCOMES.get(check.outcome, ("?", ""))
    figures, reason = labels.figures(check), labels.inconclusive(check)
    line = Text.assemble((mark, style), f" {words.check(check.kind)} {words.outcome(check.outcome)}")
    line.append(f", {reason}" if reason else "", style=style)
    line.append(f": {plain(check.detail)}" if check.detail else "")
    line.append(f" ({figures})" if figures else "", style="dim")
    leaf = branch.add(line)
    if check.HasField("source"):
        _fact(leaf, "looked again", source(check.source))


def _ends(tree: Tree, trace_id: str, record: answer_pb2.RecordReceipt) -> None:
    _fact(tree, "record", f"{record.index} (sha256:{plain(record.digest)})")
    _fact(tree, "trace", plain(trace_id))


def _picture(tree: Tree, image: image_pb2.Image) -> None:
    """The image, and what was painted over in it before anybody looked."""
    branch = _fact(tree, "image", f"{image.size.width}x{image.size.height} sha256:{plain(image.digest)}")
    for redaction in image.redactions:
        _fact(branch, "painted over", labels.redaction(redaction))


def _fact(tree: Tree, name: str, value: str) -> Tree:
    return tree.add(Text.assemble(_name(name), value))


def _name(name: str) -> tuple[str, str]:
    return (f"{name} ", "cyan")
