"""Independent tests of a claim: one module each, one table of all.

A test is pure. It says beforehand which places it wants looked at again; fusion looks; the test then judges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.fusion.core.checks.absence import AbsenceTest
from services.fusion.core.checks.citation import CitationTest
from services.fusion.core.checks.count import CountTest
from services.fusion.core.checks.form import FormTest
from services.fusion.core.checks.text import TextTest

if TYPE_CHECKING:
    from services.common.claims import Check, ClaimDraft
    from services.common.geometry import Box
    from services.fusion.core.checks.case import Case, ClaimTest

TESTS: Final[tuple[ClaimTest, ...]] = (CitationTest(), TextTest(), CountTest(), FormTest(), AbsenceTest())
"""Every test, in the order in which they run."""


def wanted_looks(draft: ClaimDraft, case: Case) -> tuple[Box, ...]:
    """Places that the claim's tests want looked at again, without repeats, in order."""
    wanted = (box for test in TESTS if test.applies(draft) for box in test.looks(draft, case))
    return tuple(dict.fromkeys(wanted))


def run_all(draft: ClaimDraft, case: Case) -> tuple[Check, ...]:
    """The outcomes of every test that bears on the claim."""
    return tuple(test.run(draft, case) for test in TESTS if test.applies(draft))
