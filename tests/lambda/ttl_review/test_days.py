"""The days of a review: closed ones, and the partitions that a query for them looks at."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from ttl_review.days import FOLDER, closed, pruned, query
from ttl_review.model import Period

NAMES = sorted(path.stem for path in FOLDER.glob("*.sql"))
WEEK = Period(first=date(2026, 12, 29), last=date(2027, 1, 4))
KEYS = {"year": (2025, 2028), "month": (1, 12), "day": (1, 31)}
"""The ranges of partition projection."""
FIRST = st.dates(date(2026, 1, 1), date(2027, 10, 1))


def conjuncts(period: Period) -> list[Any]:
    where = sqlglot.parse_one(f"SELECT 1 FROM t WHERE {pruned(period)}", read="athena").find(exp.Where)
    assert where is not None
    return list(where.this.flatten())


def rows(sql: str) -> list[tuple[int, ...]]:
    with duckdb.connect() as database:
        database.execute(sql)
        return database.fetchall()


def projected(period: Period) -> set[tuple[int, int, int]]:
    """The days of the partitions that Athena makes: of each key the values that its own conditions let in."""
    own = {
        key: [
            each.sql() for each in conjuncts(period) if {column.name for column in each.find_all(exp.Column)} == {key}
        ]
        for key in KEYS
    }
    values = [
        duckdb.connect()
        .execute(f"SELECT {key} FROM range({least}, {most + 1}) AS t({key}) WHERE {' AND '.join(own[key])}")
        .fetchall()
        for key, (least, most) in KEYS.items()
    ]
    return set(product(*([value for (value,) in each] for each in values)))


def read(period: Period, days: list[date]) -> list[date]:
    """Those whose partitions are read at last."""
    listed = ", ".join(f"({day.year}, {day.month}, {day.day})" for day in days)
    found = rows(f"SELECT * FROM (VALUES {listed}) AS t(year, month, day) WHERE {pruned(period)}")
    return sorted(date(*each) for each in found)


@pytest.mark.parametrize("name", NAMES)
def test_every_query_reads_the_table_once_and_prunes_its_partitions(name: str) -> None:
    text = query(name, WEEK)
    [table] = sqlglot.parse_one(text, read="athena").find_all(exp.Table)
    assert table.parent_select is not None
    where = table.parent_select.args["where"].this
    parts = {part.sql() for part in where.flatten()}

    assert table.sql() == "edge_logs"
    assert {each.sql() for each in conjuncts(WEEK)} <= parts
    assert "-- the days" not in text


@pytest.mark.parametrize("name", NAMES)
def test_every_query_is_one_text_that_means_the_same_to_athena_and_duckdb(name: str) -> None:
    text = query(name, WEEK)

    assert sqlglot.transpile(text, read="athena", write="duckdb") == sqlglot.transpile(
        text, read="duckdb", write="duckdb"
    )
    assert len(text.encode()) < 262_144  # "Service Quotas", Amazon Athena User Guide


@pytest.mark.parametrize("name", NAMES)
def test_every_query_runs_as_its_file_has_it(name: str) -> None:
    assert sqlglot.transpile((FOLDER / f"{name}.sql").read_text(), read="athena")
    assert " -- the days\n" in (FOLDER / f"{name}.sql").read_text()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"lines", "broken"}])
def test_every_query_leaves_the_same_broken_lines_out(name: str) -> None:
    sound = (
        "cs_uri_stem LIKE '/%' AND TRY_CAST(sc_status AS BIGINT) BETWEEN 0 AND 999"
        " AND TRY_CAST(timestamp_ms AS BIGINT) BETWEEN 1 AND 9999999999999"
    )

    assert sound in " ".join(query(name, WEEK).split())


@settings(deadline=None, max_examples=40)
@given(first=FIRST, days=st.integers(1, 45))
def test_the_days_asked_for_are_looked_at_and_not_many_others(first: date, days: int) -> None:
    wanted = [first + timedelta(days=number) for number in range(days)]
    looked_at = projected(Period(first=first, last=wanted[-1]))

    assert {(day.year, day.month, day.day) for day in wanted} <= looked_at
    # Within a month no other; from one into the next the days of either in both, which the last condition drops.
    assert len(looked_at) <= days * len({(day.year, day.month) for day in wanted}) * len({day.year for day in wanted})


@settings(deadline=None, max_examples=40)
@given(first=FIRST, days=st.integers(1, 45))
def test_no_other_day_is_read(first: date, days: int) -> None:
    wanted = [first + timedelta(days=number) for number in range(days)]
    around = [first + timedelta(days=number) for number in range(-400, days + 400)]

    assert read(Period(first=first, last=wanted[-1]), around) == wanted


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 11, 20, 0, 0, tzinfo=UTC), date(2026, 11, 18)),
        (datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC), date(2026, 11, 17)),
        (datetime.fromisoformat("2026-11-20T08:59:59+09:00"), date(2026, 11, 17)),
        (datetime.fromisoformat("2026-11-20T09:00:00+09:00"), date(2026, 11, 18)),
    ],
)
def test_a_day_is_closed_when_it_ended_a_day_ago(now: datetime, last: date) -> None:
    assert closed(now, days=1) == Period(first=last, last=last)
    assert closed(now, days=7) == Period(first=last - timedelta(days=6), last=last)
