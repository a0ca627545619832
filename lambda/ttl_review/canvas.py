"""A picture in the making: lines first, finely, so that they come out smooth; then words over them.

In Pillow's own font and without the layout library of the system, so that the same strokes give the same bytes.
"""

import io
from collections.abc import Sequence
from functools import cache
from typing import Literal, cast

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
Anchor = Literal["la", "ls", "ma", "mm", "rm", "rs"]
"""Of a text: left, middle or right; above, middle or baseline ("Text anchors", Pillow)."""

TEXT, TITLE = 26, 28
FINE = 3
"""Pixels that lines are drawn in for each one that is left."""
COLOURS = 64
_HALO = 5
# What Pillow's font has no glyph for and text here uses.
_REPLACED = str.maketrans({"\u00a0": " ", "−": "-", "–": "-"})


class Canvas:
    """Paper of one colour."""

    def __init__(self, size: tuple[int, int], paper: str) -> None:
        self._paper = paper
        self._image = Image.new("RGB", (size[0] * FINE, size[1] * FINE), paper)
        self._pen = ImageDraw.Draw(self._image)

    def line(self, points: Sequence[Point], color: str, width: int) -> None:
        """Draw a line through these points."""
        if len(points) > 1:
            self._pen.line([(x * FINE, y * FINE) for x, y in points], color, width * FINE, joint="curve")

    def dashed(self, x: float, top: float, bottom: float, *, color: str, width: int, dash: int) -> None:
        """Draw a line downwards, dash by dash."""
        for begin in range(int(top), int(bottom), dash * 2):
            self.line([(x, begin), (x, min(begin + dash, bottom))], color, width)

    def area(self, points: Sequence[Point], bottom: float, color: str) -> None:
        """Fill what is between a line and the bottom."""
        if len(points) > 1:
            outline = [(points[0][0], bottom), *points, (points[-1][0], bottom)]
            self._pen.polygon([(x * FINE, y * FINE) for x, y in outline], color)

    def dot(self, center: Point, radius: float, fill: str, outline: str) -> None:
        """Draw a dot with an outline and some paper around it."""
        fine = center[0] * FINE, center[1] * FINE
        for wider, color in ((3, self._paper), (0, outline), (-4, fill)):
            self._circle(fine, (radius + wider) * FINE, color)

    def smooth(self) -> None:
        """Make it the size that it has in the end; from here on there are words alone."""
        self._image = self._image.reduce(FINE)
        self._pen = ImageDraw.Draw(self._image)

    def write(self, at: Point, text: str, color: str, anchor: Anchor, *, size: int = TEXT, halo: bool = False) -> None:
        """Write, by wish with paper around the letters."""
        self._pen.text(
            at,
            text.translate(_REPLACED),
            color,
            _font(size),
            anchor,
            stroke_width=_HALO if halo else 0,
            stroke_fill=self._paper,
        )
        if halo:
            self._pen.text(at, text.translate(_REPLACED), color, _font(size), anchor)

    def box(self, left: float, middle: float, width: float, text: str, *, fill: str, outline: str, color: str) -> None:
        """Write in a box with round ends."""
        half = 24
        edges = (left, middle - half, left + width, middle + half)
        big = Image.new("RGB", (round(width + 4) * FINE, (2 * half + 4) * FINE), self._paper)
        inner = (2 * FINE, 2 * FINE, (width + 2) * FINE, (2 * half + 2) * FINE)
        ImageDraw.Draw(big).rounded_rectangle(inner, half * FINE, fill=fill, outline=outline, width=3 * FINE)
        self._image.paste(big.reduce(FINE), (round(edges[0]) - 2, round(edges[1]) - 2))
        self.write((left + width / 2, middle), text, color, "mm")

    def png(self) -> bytes:
        """Return the picture with few colours, which keeps it small."""
        few = self._image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        file = io.BytesIO()
        few.save(file, "PNG", optimize=True)
        return file.getvalue()

    def _circle(self, center: Point, radius: float, color: str) -> None:
        x, y = center
        self._pen.ellipse((x - radius, y - radius, x + radius, y + radius), color)


def width_of(text: str) -> float:
    """Return how much room a text takes."""
    return _font(TEXT).getlength(text.translate(_REPLACED))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # Without FreeType, which every build of Pillow that is pinned here has, it would be another class.
    font = cast("ImageFont.FreeTypeFont", ImageFont.load_default(size))
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)
