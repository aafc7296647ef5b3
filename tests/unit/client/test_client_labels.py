"""Where labels go: always inside the picture; beside their box whenever there is room."""

from hypothesis import given
from hypothesis import strategies as st

from groundwire import labels
from groundwire.labels import Rectangle, Size

CANVAS = (741.0, 500.0)


@st.composite
def boxes(draw: st.DrawFn) -> Rectangle:
    x_min, y_min = draw(st.floats(0, 740)), draw(st.floats(0, 499))
    return x_min, y_min, draw(st.floats(x_min + 0.5, 741)), draw(st.floats(y_min + 0.5, 500))


sizes = st.tuples(st.floats(4, 741), st.floats(4, 500))


@given(st.lists(st.tuples(boxes(), sizes), max_size=12))
def test_every_label_keeps_its_size_and_lies_inside(wanted: list[tuple[Rectangle, Size]]) -> None:
    places = labels.place([box for box, _ in wanted], [size for _, size in wanted], CANVAS)
    assert len(places) == len(wanted)
    for (left, top, right, bottom), (_, (width, height)) in zip(places, wanted, strict=True):
        assert left >= 0
        assert top >= 0
        assert right <= CANVAS[0] + 1e-6
        assert bottom <= CANVAS[1] + 1e-6
        assert abs(right - left - width) < 1e-6
        assert abs(bottom - top - height) < 1e-6


@given(boxes())
def test_a_small_label_never_covers_a_box_that_leaves_room(box: Rectangle) -> None:
    size = (60.0, 18.0)
    room = max(box[1], CANVAS[1] - box[3]) >= 18 or max(box[0], CANVAS[0] - box[2]) >= 60
    place = labels.place([box], [size], CANVAS)[0]
    assert (labels.overlap(place, box) == 0) or not room


def test_labels_of_neighbours_do_not_cover_one_another() -> None:
    wanted: list[Rectangle] = [(300 + 5 * n, 200, 304 + 5 * n, 210) for n in range(8)]
    places = labels.place(wanted, [(50, 16)] * 8, CANVAS)
    pairs = [(a, b) for i, a in enumerate(places) for b in places[:i]]
    assert sum(labels.overlap(a, b) for a, b in pairs) == 0


def test_no_boxes_need_no_labels() -> None:
    assert labels.place([], [], CANVAS) == []


def test_a_bridge_joins_the_nearest_edges() -> None:
    assert labels.bridge((0, 0, 10, 10), (20, 0, 30, 10)) == ((10, 5), (20, 5))
    assert labels.bridge((0, 0, 10, 10), (20, 30, 40, 50)) == ((10, 10), (20, 30))
    assert labels.bridge((20, 30, 40, 50), (0, 0, 10, 10)) == ((20, 30), (10, 10))
