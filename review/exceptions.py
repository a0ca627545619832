"""Exceptions: `review-exceptions.toml`, what may pass though it is found, why, and until when."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from review.command import ReviewError
from review.model import Exemption, Finding, Severity

FILE = "review-exceptions.toml"

Text = Annotated[str, Meta(min_length=1)]


class Written(Struct, frozen=True, forbid_unknown_fields=True):
    """An exception as the file has it."""

    resource: Text
    """What a finding calls it: its construct path, else its logical id."""
    rule: Text
    reason: Text
    expires: date
    """The last day that it holds."""


class File(Struct, forbid_unknown_fields=True):
    """The file: a table for each exception."""

    exception: list[Written] = []


def read(root: Path) -> list[Exemption]:
    """Return the exceptions of a checkout, sorted; none if it has no such file."""
    file = root / FILE
    if not file.exists():
        return []
    try:
        written = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), File).exception
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ReviewError(f"{FILE}: {error}") from None
    keys = [(one.resource, one.rule) for one in written]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise ReviewError(f"{FILE}: rule {twice[1]!r} of {twice[0]!r} has two exceptions; keep one")
    return [Exemption(**asdict(one)) for one in sorted(written, key=lambda one: (one.resource, one.rule))]


def apply(
    exemptions: Sequence[Exemption], findings: Iterable[Finding], today: date
) -> tuple[list[Exemption], list[Finding]]:
    """Return the exceptions with how they stand, and the findings with reasons and with what is wrong with exceptions.

    An exception stands for all stages, and for what BASE has too, so that it does not outlive its reason unseen.
    """
    found = list(findings)
    open_keys = {(finding.resource, finding.rule) for finding in found if not finding.acknowledged}
    judged = [_judged(one, open_keys, today) for one in exemptions]
    reasons = {(one.resource, one.rule): one.reason for one in judged if one.state == "used"}
    accepted = [_accepted(finding, reasons) for finding in found]
    return judged, accepted + [_misplaced(one) for one in judged if one.state != "used"]


def _judged(one: Exemption, found: set[tuple[str, str]], today: date) -> Exemption:
    if today > one.expires:
        return replace(one, state="expired")
    return replace(one, state="used" if (one.resource, one.rule) in found else "unused")


def _accepted(finding: Finding, reasons: dict[tuple[str, str], str]) -> Finding:
    reason = reasons.get((finding.resource, finding.rule), "")
    return replace(finding, acknowledged=finding.acknowledged or reason)


def _misplaced(one: Exemption) -> Finding:
    what = "has expired" if one.state == "expired" else "is for nothing that is found"
    return Finding(
        rule=f"exception-{one.state}",
        severity=Severity.HIGH,
        stage="",
        stack="",
        resource=one.resource,
        title=f"The exception from {one.rule} {what}; take it out of {FILE}, or give it a new day and reason.",
        source="gate",
        after={"rule": one.rule, "reason": one.reason, "expires": one.expires.isoformat()},
    )
