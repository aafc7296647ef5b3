"""Independent tests of a claim: one module each, one table of all.

A test is pure. It says beforehand what it wants to know of the pixels; fusion finds that out; the test then judges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.fusion.core.checks.absence import AbsenceTest
from services.fusion.core.checks.agreement import AgreementTest
from services.fusion.core.checks.citation import CitationTest
from services.fusion.core.checks.color import ColorTest
from services.fusion.core.checks.count import CountTest
from services.fusion.core.checks.form import FormTest
from services.fusion.core.checks.geometry import GeometryTest
from services.fusion.core.checks.judge import JudgeTest
from services.fusion.core.checks.quote import QuoteTest
from services.fusion.core.checks.text import TextTest

if TYPE_CHECKING:
    from services.common.claims import Check, ClaimDraft
    from services.fusion.core.checks.case import Case, ClaimTest
    from services.fusion.core.checks.inquiries import Inquiry

TESTS: Final[tuple[ClaimTest, ...]] = (
    CitationTest(),
    QuoteTest(),
    TextTest(),
    AgreementTest(),
    CountTest(),
    FormTest(),
    AbsenceTest(),
    GeometryTest(),
    ColorTest(),
    JudgeTest(),
)
"""Every test, in the order in which they run."""


def wanted(draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:
    """What the claim's tests want to know, without repeats, in the order of the tests."""
    inquiries = (inquiry for test in TESTS if test.applies(draft, case) for inquiry in test.inquiries(draft, case))
    return tuple(dict.fromkeys(inquiries))


def run_all(draft: ClaimDraft, case: Case) -> tuple[Check, ...]:
    """The outcomes of every test that bears on the claim."""
    return tuple(test.run(draft, case) for test in TESTS if test.applies(draft, case))
