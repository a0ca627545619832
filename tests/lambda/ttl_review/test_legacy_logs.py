"""Logs of the legacy kind: the same requests, hostile lines, files cut short."""

import gzip
from pathlib import Path

import pytest

from tests.edge_logs import DAY, PERIOD, legacy, line, write
from ttl_review import legacy as reader
from ttl_review.files import FilesEngine
from ttl_review.model import Period
from ttl_review.popular import broken_examples, lines, objects
from ttl_review.requests import requests

FIELDS = ("date", "time", "x-edge-location", "cs-method", "cs-uri-stem", "sc-status", "x-edge-response-result-type")
HEADER = f"#Version: 1.0\n#Fields: {' '.join(FIELDS)}\n".encode()
GOOD = b"2026-11-20\t01:02:03\tNRT\tGET\t/good\t200\tHit"


def paths(folder: Path) -> list[str]:
    with FilesEngine(folder) as engine:
        return sorted(path for path, _ in objects(engine, PERIOD))


def broken(folder: Path, content: bytes) -> list[tuple[int, str]]:
    """The broken lines of one file, all of whose other lines are good."""
    (folder / "E2.2026-11-20-01.abc.gz").write_bytes(gzip.compress(content))
    with FilesEngine(folder) as engine:
        named = broken_examples(engine, PERIOD)
        assert {path for path, _ in objects(engine, PERIOD)} <= {"/good"}
        assert lines(engine, PERIOD)[1] == len(named)
        return [(each.line, each.reason) for each in named]


def test_a_legacy_log_says_what_the_same_log_of_v2_says(tmp_path: Path) -> None:
    rows = [
        line(f"/{at % 3}", at=60 * at, result=result, size=str(at)) for at in range(9) for result in ("Hit", "Miss")
    ]
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "E2.2026-11-20-00.abc.gz").write_bytes(legacy(rows))
    with FilesEngine(tmp_path / "old") as old, FilesEngine(write(tmp_path / "new", rows)) as new:
        assert list(objects(old, PERIOD)) == list(objects(new, PERIOD))
        [one], [other] = (list(requests(engine, PERIOD)) for engine in (old, new))
        assert one.objects == other.objects
        assert one.at_ms.tolist() == other.at_ms.tolist()
        assert old.period() == new.period() == PERIOD


def test_both_kinds_are_read_together(tmp_path: Path) -> None:
    (write(tmp_path, [line("/new")]) / "a.gz").write_bytes(legacy([line("/old")]))

    assert paths(tmp_path) == ["/new", "/old"]


def test_values_are_decoded_once(tmp_path: Path) -> None:
    rows = [line(path) for path in ("/a%2520b", "/%3Cscript%3E", "/%E3%81%82", "/%FF", "/%zz", "/tab%09%0Aline")]
    (tmp_path / "a.gz").write_bytes(legacy(rows))

    assert paths(tmp_path) == ["/%FF", "/%zz", "/<script>", "/a%20b", "/tab\t\nline", "/あ"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"short\tline", "2 values for 7 fields"),
        (GOOD + b"\tmore", "8 values for 7 fields"),
        (GOOD.replace(b"2026-11-20", b"2026-13-20"), "no date and time at its beginning"),
        (GOOD.replace(b"01:02:03", b"25:02:03"), "no date and time at its beginning"),
        (GOOD.replace(b"/good", b"/\xff\xfe"), "not UTF-8"),
        (GOOD.replace(b"/good", b"/a\rb"), "a carriage return within it"),
        (GOOD.replace(b"/good", b"/" + b"x" * 1_000_000), "longer than 131072 bytes"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path, bad: bytes, reason: str) -> None:
    assert broken(tmp_path, HEADER + GOOD + b"\n" + bad + b"\n" + GOOD + b"\n") == [(4, reason)]
    with FilesEngine(tmp_path) as engine:
        assert lines(engine, PERIOD) == (3, 1)


@pytest.mark.parametrize("bad", [GOOD.replace(b"200", b"abc"), GOOD.replace(b"/good", b"-"), b"2026-02-30" + GOOD[10:]])
def test_a_line_that_holds_no_request_is_a_broken_one(tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(HEADER + bad + b"\n" + GOOD))
    with FilesEngine(tmp_path) as engine:
        assert engine.period() == PERIOD
        assert lines(engine, PERIOD) == (2, 1)
        assert len(broken_examples(engine, PERIOD)) == 1


def test_lines_before_any_header_are_broken(tmp_path: Path) -> None:
    [(number, reason)] = broken(tmp_path, GOOD + b"\n" + HEADER + GOOD)

    assert (number, reason[:14]) == (1, "no #Fields lin")


def test_each_header_counts_from_where_it_stands(tmp_path: Path) -> None:
    other = ("date", "time", "sc-status", "cs-uri-stem")
    content = HEADER + GOOD + b"\n#Fields: " + " ".join(other).encode() + b"\n2026-11-20\t01:02:03\t404\t/other\n"
    (tmp_path / "a.gz").write_bytes(gzip.compress(content + HEADER + GOOD))
    with FilesEngine(tmp_path) as engine:
        found = dict(objects(engine, PERIOD))

    assert (found["/other"].status_4xx, found["/good"].hits) == (1, 2)


@pytest.mark.parametrize("cut", [5, 40, -9])
def test_a_file_cut_short_is_read_as_far_as_it_goes_and_named(tmp_path: Path, cut: int) -> None:
    whole = gzip.compress(HEADER + b"\n".join([GOOD] * 3))
    (tmp_path / "cut.gz").write_bytes(whole[:cut])
    (tmp_path / "good.gz").write_bytes(whole)
    with FilesEngine(tmp_path) as engine:
        [named] = broken_examples(engine, PERIOD)
        assert named.file == "cut.gz"
        assert "cannot be read from here on" in named.reason
        assert dict(objects(engine, PERIOD))["/good"].requests >= 3


def test_what_is_no_gzip_file_at_all_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(b"<html>not found</html>")
    with FilesEngine(tmp_path) as engine:
        [named] = broken_examples(engine, PERIOD)
        assert (named.file, named.line) == ("x.gz", 1)
        assert engine.period() is None


def test_all_broken_lines_are_counted_and_only_the_first_named(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(HEADER + b"x\n" * 500 + GOOD))
    with FilesEngine(tmp_path) as engine:
        assert lines(engine, PERIOD) == (501, 500)
        assert len(broken_examples(engine, PERIOD)) == reader.EXAMPLES


def test_a_long_file_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "CHUNK", 1000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(HEADER + b"\n".join([GOOD] * 500)))
    with FilesEngine(tmp_path) as engine:
        assert lines(engine, PERIOD) == (500, 0)


def test_days_are_those_of_the_lines(tmp_path: Path) -> None:
    rows = [line(at=0), line(at=86_400 * 3)]
    (tmp_path / "a.gz").write_bytes(legacy(rows))
    with FilesEngine(tmp_path) as engine:
        assert engine.period() == Period(first=DAY, last=DAY.replace(day=23))
