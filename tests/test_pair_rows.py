"""Where pairs of pictures stand: on the page, apart from each other, with room for their texts."""

import itertools

import pytest

from sbgc.figures import style
from sbgc.figures.pair_rows import GAP, LINE, OF_ORIGINAL, PairRows


def boxes(rows):
    """Left, top, right and bottom of every picture, with the lines of text below it."""
    for image in range(rows.images):
        x, y = rows.original(image)
        yield x, y, x + rows.side, y + rows.side + OF_ORIGINAL * LINE
        for (row, lines), norm in itertools.product(enumerate(rows.lines), range(rows.norms)):
            x, y = rows.of_pair(row, image, norm)
            for left in (x, x + rows.side + GAP):
                yield left, y, left + rows.side, y + rows.side + lines * LINE


@pytest.mark.parametrize("images", [1, 3, 4, 6])
@pytest.mark.parametrize("norms", [1, 2])
@pytest.mark.parametrize("lines", [(3,), (3, 2, 4)])
def test_pictures_and_texts_lie_on_the_page_and_apart_from_each_other(images, norms, lines):
    rows = PairRows(images, norms, lines)
    every = list(boxes(rows))
    assert len(every) == images * (1 + 2 * norms * len(lines))
    for left, top, right, bottom in every:
        assert 0 < left < right < style.DOUBLE_COLUMN
        assert 0 < top < bottom < rows.height
    for one, other in itertools.combinations(every, 2):
        aside = one[2] < other[0] or other[2] < one[0]
        assert aside or one[3] < other[1] or other[3] < one[1]


def test_six_pairs_at_most_stand_side_by_side_and_fill_the_page():
    assert [(PairRows(n, 2, (3,)).in_block, PairRows(n, 2, (3,)).blocks) for n in (1, 3, 4, 6)] == [
        (1, 1),
        (3, 1),
        (3, 2),
        (3, 2),
    ]
    rows = PairRows(3, 2, (3,))
    assert rows.of_pair(0, 2, 1)[0] + rows.pair == pytest.approx(style.DOUBLE_COLUMN - 0.06)
