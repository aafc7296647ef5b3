from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.geometry import Box, Size, Transform
from services.common.regions import Capability, Mask, Region, Source, Tier
from services.perception.core.findings import Counts
from services.perception.seen import Outline, OutlineForm, Seen, SeenForm

SOURCE = Source(Capability.DETECT, "m", "3", "ab" * 32, Tier.ACCURATE, "c" * 32, "d" * 16)

regions = st.builds(
    Region,
    id=st.just(""),
    image_digest=st.just("e" * 64),
    box=st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), *[st.floats(0, 900)] * 2, *[st.floats(1, 90)] * 2),
    source=st.just(SOURCE),
    transform=st.just(Transform(2, 2, -3, 4, Size(80, 60))),
    polygon=st.sampled_from([(), ((0.0, 1.0), (2.0, 1.0), (2.0, 3.0))]),
    label=st.text(max_size=9),
    text=st.text(max_size=9),
    score=st.none() | st.floats(0, 1),
)


@given(
    seen=st.builds(
        Seen,
        regions=st.lists(regions, max_size=4).map(tuple),
        counts=st.builds(Counts, *[st.integers(0, 99)] * 4),
        searchable=st.booleans(),
    )
)
def test_what_was_seen_survives_the_shared_store(seen: Seen) -> None:
    form = SeenForm()
    assert form.decode(form.encode(seen)) == seen
    assert form.weight(seen) >= 700 * len(seen.regions)


def test_an_outline_survives_the_shared_store() -> None:
    form, outline = OutlineForm(), Outline(Mask(Size(40, 30), b"0`U1"), SOURCE)
    assert form.decode(form.encode(outline)) == outline
    assert form.weight(outline) > 4


@pytest.mark.parametrize("form", [SeenForm(), OutlineForm()])
@pytest.mark.parametrize("content", [b"\xff", b"\x0a\x03abc"])
def test_what_another_program_wrote_is_not_believed(form: SeenForm | OutlineForm, content: bytes) -> None:
    assert form.decode(content) is None
