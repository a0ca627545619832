"""A curve as a PNG: hit ratio above, staleness below, over the TTL on a logarithmic axis."""

import math
from collections.abc import Callable, Sequence

from msgspec import Struct

from ttl_review.canvas import TEXT, TITLE, Canvas, Point, width_of
from ttl_review.charts import at
from ttl_review.model import Candidate, Curve, Proposal
from ttl_review.scales import TtlScale, ratio_ticks, time_ticks
from ttl_review.wording import GAP, duration, percent, percent_of

SIZE = WIDTH, HEIGHT = (1200, 680)
LEFT, RIGHT = 118, 1156
ABOVE, BELOW = (136, 362), (446, 570)
"""Top and bottom of the two diagrams."""
NAMES = 40
"""Where the names of the marks stand."""
FOOT = HEIGHT - 18
APART, EDGE, ROOM = 30, 8, 22
"""Pixels between names, to the edge of the picture, and within a box."""


class Colours(Struct, frozen=True):
    """As on the site."""

    paper: str
    ink: str
    soft: str
    line: str
    ratio: str
    ratio_fill: str
    stale: str
    stale_fill: str


LIGHT = Colours("#fdfcf9", "#1f2421", "#59615d", "#e4e2da", "#0b6e64", "#e4f0ec", "#a8481f", "#f8eae1")
DARK = Colours("#1d2320", "#e7e9e5", "#a5ada8", "#39423d", "#63cdbd", "#223b36", "#f0a070", "#41302a")


class Mark(Struct, frozen=True):
    """A TTL that is marked."""

    ttl: int
    name: str
    new: bool
    tried: Candidate | None
    """What it leads to."""


class Diagram(Struct, frozen=True):
    """One of the two: where it is, and what is drawn in it."""

    top: int
    bottom: int
    ticks: Sequence[float]
    color: str
    fill: str
    title: str
    value: Callable[[Candidate], float]
    said: Callable[[float], str]

    def y(self, value: float) -> float:
        """Return the height of a value."""
        share = (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])
        return self.bottom - min(max(share, 0.0), 1.0) * (self.bottom - self.top)


def draw(curve: Curve, proposal: Proposal | None, *, colours: Colours = LIGHT) -> bytes:
    """Return a picture of a curve, with the TTL in force and the proposed one marked."""
    drawing = _Drawing(curve, proposal, colours)
    drawing.lines()
    drawing.words()
    return drawing.canvas.png()


class _Drawing:
    """What stands where."""

    def __init__(self, curve: Curve, proposal: Proposal | None, colours: Colours) -> None:
        self.canvas = Canvas(SIZE, colours.paper)
        self._curve, self._colours = curve, colours
        self._tried = sorted(
            (one for one in curve.candidates if len(_finite(one.hit_ratio, one.mean_stale_seconds)) > 1),
            key=lambda one: one.ttl_seconds,
        )
        self._marks = list(self._marked(proposal))
        self._scale = TtlScale.over([*(mark.ttl for mark in self._marks), *(one.ttl_seconds for one in self._tried)])
        self._ratio = self._ratio_diagram()
        self._stale = self._stale_diagram() if curve.change_source != "unknown" else None
        self._diagrams = [self._ratio, *([self._stale] if self._stale else [])]

    def lines(self) -> None:
        """Draw everything but words."""
        for diagram in self._diagrams:
            for tick in diagram.ticks:
                height = diagram.y(tick)
                self.canvas.line([(LEFT, height), (RIGHT, height)], self._colours.line, 2)
            self.canvas.area(self._points(diagram), diagram.bottom, diagram.fill)
        for mark in self._marks:
            self._mark(mark)
        for diagram in self._diagrams:
            self.canvas.line(self._points(diagram), diagram.color, 5)
        self._interval()
        for mark in self._marks:
            for diagram in self._diagrams:
                if mark.tried:
                    center = self._x(mark.ttl), diagram.y(diagram.value(mark.tried))
                    fill = diagram.color if mark.new else self._colours.paper
                    self.canvas.dot(center, 11, fill, diagram.color)
        self.canvas.smooth()

    def words(self) -> None:
        """Write what the lines are."""
        for diagram in self._diagrams:
            title = LEFT, diagram.top - 22
            self.canvas.write(title, diagram.title, diagram.color, "ls", size=TITLE, halo=True)
            for tick in diagram.ticks:
                self.canvas.write((LEFT - 16, diagram.y(tick)), diagram.said(tick), self._colours.soft, "rm")
        if self._stale is None:
            self.canvas.write((LEFT, BELOW[0] - 22), "Mean staleness", self._colours.soft, "ls", size=TITLE)
            unknown = "unknown, as nothing tells how often these objects change"
            self.canvas.write((LEFT, (BELOW[0] + BELOW[1]) / 2), unknown, self._colours.soft, "ls")
        self._ttls()
        self._names()
        for mark in self._marks:
            for diagram in self._diagrams:
                self._beside(diagram, mark)

    def _marked(self, proposal: Proposal | None) -> Sequence[Mark]:
        """Return what is marked, from left to right."""
        kept = self._curve.ttl_seconds
        marks = [Mark(kept, f"in force: {duration(kept)}", new=False, tried=self._at(kept))]
        if proposal:
            new = proposal.new
            marks.append(Mark(new, f"proposed: {duration(new)}", new=True, tried=self._at(new)))
        return sorted(marks, key=lambda mark: mark.ttl)

    def _at(self, ttl: int) -> Candidate | None:
        tried = at(self._curve, ttl)
        return tried if tried in self._tried else None

    def _ratio_diagram(self) -> Diagram:
        curve = self._curve
        beside = _finite(curve.interval.low, curve.interval.high)
        ticks = ratio_ticks([*beside, *(one.hit_ratio for one in self._tried)] or [0.0])
        color, fill = self._colours.ratio, self._colours.ratio_fill
        return Diagram(*ABOVE, ticks, color, fill, "Hit ratio", lambda one: one.hit_ratio, percent_of)

    def _stale_diagram(self) -> Diagram:
        ticks = time_ticks(max((one.mean_stale_seconds for one in self._tried), default=0.0))
        color, fill = self._colours.stale, self._colours.stale_fill
        return Diagram(*BELOW, ticks, color, fill, "Mean staleness", lambda one: one.mean_stale_seconds, duration)

    def _mark(self, mark: Mark) -> None:
        x, color = self._x(mark.ttl), self._colours.ratio if mark.new else self._colours.soft
        for diagram in self._diagrams:
            top, bottom = (NAMES if diagram is self._ratio else diagram.top), diagram.bottom
            if mark.new:
                self.canvas.line([(x, top), (x, bottom)], color, 3)
            else:
                self.canvas.dashed(x, top, bottom, color=color, width=3, dash=9)

    def _interval(self) -> None:
        """Draw where the ratio at the TTL in force lies with a probability of 95 %."""
        x, interval = self._x(self._curve.ttl_seconds), self._curve.interval
        ends = [self._ratio.y(ratio) for ratio in _finite(interval.low, interval.high)]
        for height in ends:
            self.canvas.line([(x - 12, height), (x + 12, height)], self._colours.ratio, 4)
        self.canvas.line([(x, height) for height in ends], self._colours.ratio, 5)
        # What the footer explains.
        for x in (LEFT, LEFT + 44):
            self.canvas.line([(x, FOOT - 18), (x, FOOT + 2)], self._colours.ratio, 4)
        self.canvas.line([(LEFT, FOOT - 8), (LEFT + 44, FOOT - 8)], self._colours.ratio, 5)

    def _ttls(self) -> None:
        """Name as many TTLs below the axis as there is room for."""
        free = 0.0
        for ttl in self._scale.named():
            half = width_of(duration(ttl)) / 2
            x = min(max(self._x(ttl), half + EDGE), WIDTH - half - EDGE)
            if x - half >= free:
                self.canvas.write((x, BELOW[1] + 18), duration(ttl), self._colours.soft, "ma")
                free = x + half + APART
        self.canvas.write((RIGHT, FOOT), "TTL, on a log scale", self._colours.soft, "rs")
        self.canvas.write((LEFT + 60, FOOT), f"95{GAP}% interval at the TTL in force", self._colours.soft, "ls")

    def _names(self) -> None:
        """Name the marked TTLs above the diagrams, one beside the other where they are close."""
        free = float(EDGE)
        widths = [width_of(mark.name) + 2 * ROOM for mark in self._marks]
        for index, (mark, width) in enumerate(zip(self._marks, widths, strict=True)):
            # Those to come need their room too.
            most = WIDTH - EDGE - sum(widths[index:]) - 12 * (len(widths) - index - 1)
            left = min(max(self._x(mark.ttl) - width / 2, free), most)
            fill, color = self._colours.paper, self._colours.ink
            if mark.new:
                fill, color = self._colours.ratio, self._colours.paper
            outline = self._colours.ratio if mark.new else self._colours.soft
            self.canvas.box(left, NAMES, width, mark.name, fill=fill, outline=outline, color=color)
            free = left + width + 12

    def _beside(self, diagram: Diagram, mark: Mark) -> None:
        """Write a value left of its dot and above the curve, or right of it and below where there is no room."""
        if mark.tried is None:
            return
        value = diagram.value(mark.tried)
        text, x, height = diagram.said(value), self._x(mark.ttl), diagram.y(value)
        text = percent(value) if diagram is self._ratio else text
        if x - width_of(text) - 24 > LEFT and height - diagram.top > -TEXT:
            self.canvas.write((x - 24, height - 14), text, diagram.color, "rs", halo=True)
        elif diagram.bottom - height > 2 * TEXT:
            self.canvas.write((x + 24, height + 14), text, diagram.color, "la", halo=True)
        else:
            self.canvas.write((x + 24, height - 14), text, diagram.color, "ls", halo=True)

    def _points(self, diagram: Diagram) -> list[Point]:
        return [(self._x(one.ttl_seconds), diagram.y(diagram.value(one))) for one in self._tried]

    def _x(self, ttl: int) -> float:
        return LEFT + self._scale.place(ttl) * (RIGHT - LEFT)


def _finite(*values: float) -> list[float]:
    return [value for value in values if math.isfinite(value)]
