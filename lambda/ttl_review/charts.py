"""Which curves are shown, and what is marked on them."""

from ttl_review.model import Candidate, Curve, Proposal, TtlReview

MOST = 6
"""Pictures of a review."""


def charted(review: TtlReview) -> tuple[Curve, ...]:
    """Return the curves that are shown: those with a proposal first, then those with the most requests."""
    drawable = (curve for curve in review.curves if len(curve.candidates) > 1)
    ranked = sorted(drawable, key=lambda curve: (proposed(review, curve) is None, -curve.requests))
    return tuple(ranked[:MOST])


def picture_name(which: int) -> str:
    """Name a picture: its content id in a mail, and its file's name but for the ending."""
    return f"curve-{which}"


def proposed(review: TtlReview, curve: Curve) -> Proposal | None:
    """Return what is proposed for the requests of a curve."""
    of_curve = (one for one in review.proposals if (one.pattern, one.path) == (curve.pattern, curve.path))
    return next(of_curve, None)


def at(curve: Curve, ttl_seconds: int) -> Candidate | None:
    """Return what a TTL would have led to, if it was tried."""
    return next((one for one in curve.candidates if one.ttl_seconds == ttl_seconds), None)
