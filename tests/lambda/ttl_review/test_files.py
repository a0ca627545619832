"""Logs in a folder: Parquet as others have it too, and what is no log."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from local.edge.access_log import parquet
from stacks.edge_logs import FIELDS, STANDARD_FIELDS
from tests.edge_logs import PERIOD, line, write
from ttl_review.engine import Engine, QueryError
from ttl_review.files import FilesEngine
from ttl_review.popular import broken_examples, lines, objects
from ttl_review.requests import requests

ROWS = [line("/a", at=10), line("/b", at=20, result="Miss")]


def paths(engine: Engine) -> list[str]:
    return sorted(path for path, _ in objects(engine, PERIOD))


def test_a_log_without_milliseconds_has_the_seconds(tmp_path: Path) -> None:
    with FilesEngine(write(tmp_path, ROWS, STANDARD_FIELDS)) as engine:
        [batch] = requests(engine, PERIOD)

    assert (batch.at_ms % 60_000).tolist() == [10_000, 20_000]


def test_a_log_of_few_fields_has_nothing_in_the_others(tmp_path: Path) -> None:
    fields = ("timestamp(ms)", "cs-uri-stem", "sc-status", "x-edge-response-result-type")
    with FilesEngine(write(tmp_path, ROWS, fields)) as engine:
        assert paths(engine) == ["/a", "/b"]
        assert list(requests(engine, PERIOD)) == []


def test_files_with_other_fields_are_read_together(tmp_path: Path) -> None:
    with FilesEngine(write(write(tmp_path, ROWS, STANDARD_FIELDS), [line("/c")], FIELDS[::-1])) as engine:
        assert paths(engine) == ["/a", "/b", "/c"]


def test_parquet_in_any_folder_is_of_the_day_that_its_lines_say(tmp_path: Path) -> None:
    undated = line("/undated") | {"date": "-"}
    (tmp_path / "it's.parquet").write_bytes(parquet([*ROWS, line("/later", at=86_400), undated], list(FIELDS)))
    with FilesEngine(tmp_path) as engine:
        assert paths(engine) == ["/a", "/b"]
        assert lines(engine, PERIOD) == (3, 1)
        [named] = broken_examples(engine, PERIOD)
        assert "of no day" in named.reason


@pytest.mark.parametrize("content", [b"", b"PAR1", b"<html>", b"PAR1" + b"\xff" * 100 + b"PAR1"])
def test_what_is_no_parquet_is_named_and_the_rest_is_read(tmp_path: Path, content: bytes) -> None:
    (write(tmp_path, ROWS) / "bad.parquet").write_bytes(content)
    with FilesEngine(tmp_path) as engine:
        [named] = broken_examples(engine, PERIOD)
        assert named.file == "bad.parquet"
        assert named.reason.startswith("not a Parquet file: ")
        assert paths(engine) == ["/a", "/b"]
        assert lines(engine, PERIOD) == (3, 1)


def test_other_files_are_not_looked_at(tmp_path: Path) -> None:
    (write(tmp_path, ROWS) / "README.md").write_text("no log")
    with FilesEngine(tmp_path) as engine:
        assert lines(engine, PERIOD) == (2, 0)


def test_a_folder_without_logs_has_no_day(tmp_path: Path) -> None:
    with FilesEngine(tmp_path) as engine:
        assert engine.period() is None
        assert lines(engine, PERIOD) == (0, 0)


def test_it_tells_where_logs_are_how_large_they_are_and_that_they_cost_nothing(tmp_path: Path) -> None:
    with FilesEngine(write(tmp_path, ROWS)) as engine:
        size = sum(path.stat().st_size for path in tmp_path.rglob("*.parquet"))
        assert (engine.source, engine.scanned_bytes, engine.cost_usd) == (str(tmp_path), size, 0)


def test_a_query_that_fails_says_why_in_one_line(tmp_path: Path) -> None:
    with FilesEngine(write(tmp_path, ROWS)) as engine, pytest.raises(QueryError, match="nowhere") as failed:
        list(engine.rows("SELECT *\nFROM nowhere"))

    assert "\n" not in str(failed.value)


def test_columns_are_numbers_and_text(tmp_path: Path) -> None:
    with FilesEngine(write(tmp_path, ROWS)) as engine:
        [columns] = engine.batches("SELECT CAST(7 AS BIGINT) AS number, 'x' AS text")

    assert columns["number"].dtype == np.int64
    assert columns["text"].tolist() == ["x"]


def test_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with FilesEngine(write(tmp_path / "logs", ROWS)) as engine:
        assert list(requests(engine, PERIOD))
        assert list(scratch.iterdir())

    assert list(scratch.iterdir()) == []
