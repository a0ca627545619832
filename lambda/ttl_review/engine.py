"""What runs the SQL of a review: DuckDB over files here, or Athena over the bucket. One text serves both.

A query reads the table `edge_logs`: the fields of "Standard logging reference" (Amazon CloudFront Developer Guide) as
columns of strings, named as `cs(User-Agent)` is `cs_user_agent`, beside the partition keys `distributionid` (a string),
`year`, `month`, `day` and `hour` (integers). It is written in what Trino and DuckDB have in common, gives every column
a name, and counts as BIGINT.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ttl_review.model import BrokenLine

BATCH = 200_000
"""Rows at a time, unless somebody asks for another number."""

Columns = Mapping[str, NDArray[Any]]
"""By name: int64, float64, or objects that are str."""


class QueryError(Exception):
    """A query has failed; its text is one line that says why."""


class Unreadable(Struct, frozen=True, kw_only=True):
    """Lines that a reader could not even make columns of, so that no query sees them."""

    lines: int = 0
    examples: tuple[BrokenLine, ...] = ()


class Engine(Protocol):
    """Runs queries."""

    @property
    def source(self) -> str:
        """Where the logs come from, for people."""
        ...

    @property
    def scanned_bytes(self) -> int:
        """What all queries so far have read."""
        ...

    @property
    def cost_usd(self) -> float:
        """What all queries so far have cost."""
        ...

    @property
    def unreadable(self) -> Unreadable:
        """What no query sees."""
        ...

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a small result, as int, float, str or None."""
        ...

    def batches(self, sql: str, *, size: int = BATCH) -> Iterator[Columns]:
        """Yield a result of any size in its order, so many rows at a time; no value of it may be NULL."""
        ...


def columns(names: list[str], values: list[tuple[str, ...]], numeric: Mapping[str, type]) -> Columns:
    """Return rows of text as columns; `numeric` says which are numbers, and of what type."""
    made: dict[str, NDArray[Any]] = {}
    for name, column in zip(names, zip(*values, strict=True), strict=True):
        texts = np.array(column, dtype=object)
        made[name] = texts.astype(numeric[name]) if name in numeric else texts
    return made
