"""Statements, citations and plans survive the way over the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire.v1 import claim_pb2, plan_pb2
from services.common import claims, plans
from services.common.errors import InvalidField
from services.common.geometry import Box
from services.common.regions import Capability, Source, Tier
from services.runtime import statements, wire

words = st.text(max_size=12)
searches = st.builds(
    claims.Search,
    st.just(Box(0, 0, 4, 3)),
    st.builds(Source, st.sampled_from(Capability), words, words, words, st.sampled_from(Tier)),
)
aspects = st.sampled_from([aspect for aspect in plans.Aspect if aspect])
kinds = st.sampled_from(plans.RelationKind)
every_statement = st.one_of(
    st.builds(claims.Exists, words),
    st.builds(claims.Absent, words, st.tuples(words), st.tuples(searches)),
    st.builds(claims.Located, words),
    st.builds(claims.Count, words, st.integers(0, 99)),
    st.builds(claims.Reading, words),
    st.builds(claims.Field, st.sampled_from(plans.TextField), words, words),
    st.builds(claims.Attribute, words, aspects, words),
    st.builds(claims.State, words, words, st.booleans()),
    st.builds(claims.Related, words, kinds, words, words, words),
    st.builds(claims.Compared, words, aspects, st.booleans(), words, words),
    st.builds(claims.Knowledge, words),
)
passages = st.one_of(st.none(), st.builds(claims.Passage, words, st.integers(0, 9), st.integers(10, 99)))
citations = st.builds(claims.Citation, words, st.sampled_from(claims.CitationRole), passages)


@given(words, every_statement)
def test_a_statement_survives_the_wire(target_id: str, statement: claims.Statement) -> None:
    message = claim_pb2.Predicate.FromString(statements.predicate_to(target_id, statement).SerializeToString())
    assert message.target_id == target_id
    assert statements.statement_from(message) == statement


@given(st.lists(citations, max_size=3))
def test_citations_survive_the_wire(cited: list[claims.Citation]) -> None:
    draft = claims.ClaimDraft("", "t1", claims.Exists("cup"), tuple(cited))
    assert [statements.citation_from(message) for message in statements.citations_to(draft)] == cited


def test_a_predicate_that_states_nothing_is_refused() -> None:
    with pytest.raises(InvalidField, match="states nothing"):
        statements.statement_from(claim_pb2.Predicate(target_id="t1"))


@given(
    st.builds(
        plans.Plan,
        task=st.sampled_from(plans.Task),
        engine=st.builds(
            plans.Engine,
            words,
            words,
            temperature=st.one_of(st.none(), st.floats(0, 2)),
            seed=st.one_of(st.none(), st.integers(0, 2**62)),
            trouble=words,
        ),
        targets=st.tuples(
            st.builds(
                plans.Target,
                st.just("t1"),
                rank=st.one_of(st.none(), st.builds(plans.Rank, st.sampled_from(plans.Order), st.integers(1, 9))),
                earlier=st.booleans(),
            )
        ),
        relations=st.tuples(st.builds(plans.Relation, words, kinds, words, words)),
        aspect=st.sampled_from(plans.Aspect),
        least=st.booleans(),
    )
)
def test_a_plan_survives_the_wire(plan: plans.Plan) -> None:
    assert wire.plan_from(plan_pb2.Plan.FromString(wire.plan_to(plan).SerializeToString())) == plan


def test_a_rank_is_counted_from_one() -> None:
    message = plan_pb2.Plan(targets=[plan_pb2.Target(id="t1", rank=plan_pb2.Rank(order=plan_pb2.ORDER_FROM_LEFT))])
    with pytest.raises(InvalidField, match="below 1"):
        wire.plan_from(message)
