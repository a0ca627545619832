"""The curves of a review as pictures, for mails and pages."""

from msgspec import Struct

from ttl_review.charts import charted, picture_name, proposed
from ttl_review.drawing import LIGHT, Colours, draw
from ttl_review.model import Curve, TtlReview
from ttl_review.wording import duration, percent

SHOWN_WIDTH, SHOWN_HEIGHT = 600, 340
"""In CSS pixels; a picture has twice as many each way, for screens that show them."""


class Picture(Struct, frozen=True, kw_only=True):
    """A picture of a curve."""

    name: str
    """Its content id in a mail."""
    alt: str
    png: bytes

    @property
    def filename(self) -> str:
        """As an attachment, and beside the Markdown."""
        return f"{self.name}.png"


def pictures(review: TtlReview, *, colours: Colours = LIGHT) -> tuple[Picture, ...]:
    """Draw the curves that are shown."""
    return tuple(
        Picture(name=picture_name(which), alt=alt(curve), png=draw(curve, proposed(review, curve), colours=colours))
        for which, curve in enumerate(charted(review), 1)
    )


def alt(curve: Curve) -> str:
    """Say what is on a picture, for who does not see it."""
    first, last = curve.candidates[0], curve.candidates[-1]
    from_, to = (f"{percent(one.hit_ratio)} at {duration(one.ttl_seconds)}" for one in (first, last))
    both = "Hit ratio" if curve.change_source == "unknown" else "Hit ratio and mean staleness"
    return f"{both} over the TTL; the hit ratio goes from {from_} to {to}"
