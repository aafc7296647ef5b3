"""The enums of the core code have the contract's numbers and names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from groundwire.v1 import answer_pb2, claim_pb2, error_reason_pb2, plan_pb2, region_pb2
from services.common import claims, plans, regions
from services.fusion.core import doubt, policy
from services.runtime.status import CODES

if TYPE_CHECKING:
    from enum import IntEnum

PAIRS = [
    (regions.Tier, region_pb2.Tier, "TIER_"),
    (regions.Capability, region_pb2.Capability, "CAPABILITY_"),
    (plans.Task, plan_pb2.Task, "TASK_"),
    (plans.TextField, plan_pb2.TextField, "TEXT_FIELD_"),
    (plans.RelationKind, plan_pb2.RelationKind, "RELATION_KIND_"),
    (claims.Verdict, claim_pb2.Verdict, "VERDICT_"),
    (claims.AbstentionReason, claim_pb2.AbstentionReason, "ABSTENTION_REASON_"),
    (claims.CitationRole, claim_pb2.CitationRole, "CITATION_ROLE_"),
    (claims.CheckKind, claim_pb2.CheckKind, "CHECK_KIND_"),
    (claims.CheckOutcome, claim_pb2.CheckOutcome, "CHECK_OUTCOME_"),
    (doubt.EscalationReason, answer_pb2.EscalationReason, "ESCALATION_REASON_"),
    (policy.Stakes, answer_pb2.Stakes, "STAKES_"),
]


@pytest.mark.parametrize(("ours", "contract", "prefix"), PAIRS, ids=lambda value: getattr(value, "__name__", ""))
def test_names_and_numbers_agree(ours: type[IntEnum], contract: Any, prefix: str) -> None:
    wire = {name.removeprefix(prefix): number for name, number in contract.items() if number}
    assert {member.name: member.value for member in ours if member.value} == wire


def test_every_reason_of_the_contract_has_a_status() -> None:
    names = {name.removeprefix("ERROR_REASON_") for name in error_reason_pb2.ErrorReason.keys()}  # noqa: SIM118
    assert CODES.keys() == names - {"UNSPECIFIED"}
