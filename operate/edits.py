"""When objects were edited, by a file of lines `path,moment`, so that a review need not estimate how often they change.

Those of the blog's posts are in its database: QUERY, as CSV.
"""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from operate.command import InputError
from ttl_review.changes import by_edits
from ttl_review.model import Policy

QUERY = "SELECT '/posts/' || slug, unnest(ARRAY[published_at, updated_at]) FROM posts"
"""By `psql`, as docs/ttl-review.md says."""


def read(file: Path, policies: Sequence[Policy], *, until: datetime) -> dict[str, float]:
    """Return the seconds between two changes of an object, by path pattern; what is later than `until` is left out."""
    moments: dict[str, set[float]] = {}
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            for number, line in enumerate(csv.reader(lines), start=1):
                path, moment = _read(file, number, line)
                moments.setdefault(path, set()).add(moment)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"EDITS '{file}' cannot be read: {error}") from error
    return by_edits(moments, policies, until=until.timestamp())


def _read(file: Path, number: int, line: list[str]) -> tuple[str, float]:
    try:
        path, text = line
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"EDITS '{file}' line {number} is not a path and a moment, as /posts/x,2026-11-20 09:30:00+00"
        ) from error
    if not path.startswith("/"):
        raise InputError(f"EDITS '{file}' line {number}: path '{path}' does not begin with /")
    return path, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
