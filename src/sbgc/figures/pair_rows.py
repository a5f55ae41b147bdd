"""Where pairs of pictures stand on a page: a row for each model, and above the rows the images that they are of."""

from dataclasses import dataclass

from sbgc.figures import style

PAIRS = 6  # that stand side by side, at most
LEFT, RIGHT = 0.36, 0.06  # inches beside the pictures; on the left stand the models' names
GAP, APART, BETWEEN = 0.03, 0.1, 0.24  # inches between the pictures of a pair, between pairs and between images
LARGEST = 0.8  # inches of a picture's side
LINE = 0.125  # inches of a line of small text
ABOVE, BELOW = 0.08, 0.05  # inches above and below a row
OF_ORIGINAL = 2  # lines of text below an image before any attack
Place = tuple[float, float]  # inches from the left and from the top


@dataclass(frozen=True)
class PairRows:
    """Rows of pairs on a page of two columns' width; of more images than stand side by side, blocks of rows.

    images: how many there are. norms: the pairs of an image, in a row. lines: of text below the pairs of each row.
    """

    images: int
    norms: int
    lines: tuple[int, ...]

    @property
    def in_block(self) -> int:
        """The images whose pairs stand side by side."""
        return min(max(1, PAIRS // self.norms), self.images)

    @property
    def blocks(self) -> int:
        """How many blocks of rows there are, one below the other."""
        return -(-self.images // self.in_block)

    @property
    def side(self) -> float:
        """Inches of a picture's longer side."""
        between = (self.in_block - 1) * BETWEEN + self.in_block * ((self.norms - 1) * APART + self.norms * GAP)
        fit = (style.DOUBLE_COLUMN - LEFT - RIGHT - between) / (2 * self.in_block * self.norms)
        return min(fit, LARGEST)

    @property
    def pair(self) -> float:
        """Inches of a pair's width."""
        return 2 * self.side + GAP

    @property
    def height(self) -> float:
        """Inches of all blocks together."""
        return self.blocks * self._block

    def original(self, image: int) -> Place:
        """The upper left corner of an image before any attack."""
        return self._left(image), (image // self.in_block) * self._block + ABOVE

    def of_pair(self, row: int, image: int, norm: int) -> Place:
        """The upper left corner of a pair's first picture; the second is a side and a gap to the right of it."""
        above = sum(self._row(lines) for lines in self.lines[:row]) + self._header
        return self._left(image) + norm * (self.pair + APART), (image // self.in_block) * self._block + above + ABOVE

    def _left(self, image: int) -> float:
        of_image = self.norms * self.pair + (self.norms - 1) * APART
        return LEFT + (image % self.in_block) * (of_image + BETWEEN)

    @property
    def _header(self) -> float:
        return self._row(OF_ORIGINAL)

    @property
    def _block(self) -> float:
        return self._header + sum(map(self._row, self.lines)) + ABOVE

    def _row(self, lines: int) -> float:
        return ABOVE + self.side + lines * LINE + BELOW
