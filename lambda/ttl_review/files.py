"""Logs in a folder here, by DuckDB: Parquet of standard logging v2, and gzip files of the legacy kind."""

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import duckdb

from ttl_review.engine import BATCH, Columns, QueryError, Unreadable
from ttl_review.legacy import Broken, chunks
from ttl_review.model import Period

MEMORY = "600MB"
"""For DuckDB; what needs more goes to the disk."""
READ = (
    "date",
    "time",
    "x_edge_location",
    "cs_method",
    "cs_uri_stem",
    "cs_uri_query",
    "sc_status",
    "sc_bytes",
    "x_edge_result_type",
    "x_edge_response_result_type",
    "x_edge_request_id",
    "sc_content_type",
    "sc_content_len",
    "timestamp_ms",
)
"""The columns that queries read."""
KEYS = ("year", "month", "day", "hour")
_HIVE_KEYS = frozenset(KEYS)
# "Contain URL-encoded equivalents for spaces and certain other characters in field values": the page says so of the
# legacy kind alone.
_ENCODED = ("cs_uri_stem", "cs_uri_query", "sc_content_type")


class FilesEngine:
    """Runs queries over all logs in a folder, with the days that they are of; to be closed."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self._folder = folder
        self._scratch = tempfile.TemporaryDirectory(prefix="ttl-review-")
        self._broken = Broken()
        self._results = 0
        self._database = duckdb.connect(
            str(Path(self._scratch.name) / "review.duckdb"),
            config={
                "memory_limit": MEMORY,
                "temp_directory": self._scratch.name,
                "autoinstall_known_extensions": "false",
                **({"threads": str(threads)} if threads else {}),
            },
        )
        self._files = sorted(path for path in folder.rglob("*") if path.is_file())
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove everything that was written."""
        self._database.close()
        self._scratch.cleanup()

    @property
    def source(self) -> str:
        """Where the logs come from, for people."""
        return str(self._folder)

    @property
    def scanned_bytes(self) -> int:
        """The size of all files."""
        return sum(path.stat().st_size for path in self._files if path.suffix in {".parquet", ".gz"})

    @property
    def cost_usd(self) -> float:
        """Nothing."""
        return 0.0

    @property
    def unreadable(self) -> Unreadable:
        """What no query sees."""
        return self._broken.noted

    def period(self) -> Period | None:
        """Return the first and the last day that there is a line of; None: there is none."""
        keys = "SELECT DISTINCT year * 10000 + month * 100 + day AS day FROM edge_logs WHERE hour >= 0 ORDER BY day"
        days = [date.fromisoformat(str(number)) for (number,) in self.rows(keys)]
        return Period(first=days[0], last=days[-1]) if days else None

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a small result, as int, float, str or None."""
        yield from self._run(sql).fetchall()

    def batches(self, sql: str, *, size: int = BATCH) -> Iterator[Columns]:
        """Yield a result of any size in its order, so many rows at a time; no value of it may be NULL.

        It lies on the disk meanwhile, and is read by row number: DuckDB keeps the order in which rows were put in.
        """
        self._results += 1
        table = f"result_{self._results}"
        self._run(f"CREATE TABLE {table} AS {sql}")
        try:
            [(rows,)] = self._run(f"SELECT COUNT(*) FROM {table}").fetchall()  # noqa: S608 (names of ours)
            for first in range(0, rows, size):
                read = f"SELECT * FROM {table} WHERE rowid BETWEEN {first} AND {first + size - 1}"  # noqa: S608
                yield cast("Columns", self._run(read).fetchnumpy())  # pyright: ignore[reportUnknownMemberType]
        finally:
            self._run(f"DROP TABLE {table}")

    def _run(self, sql: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        try:
            return self._database.execute(sql, values) if values else self._database.execute(sql)
        except duckdb.Error as error:
            raise QueryError(" ".join(str(error).split())) from error

    def _open(self) -> None:
        """Make `edge_logs` of all that can be read."""
        parquet = [path for path in self._files if path.suffix == ".parquet" and self._is_parquet(path)]
        hive = [path for path in parquet if self._keys(path) >= _HIVE_KEYS]
        flat = [path for path in parquet if self._keys(path) < _HIVE_KEYS]
        types = dict.fromkeys(KEYS, "INTEGER")
        dated = self._parquet(hive, f"hive_partitioning = true, hive_types = {json.dumps(types)}", hive=True)
        undated = _all_of(self._parquet(flat, "hive_partitioning = false", hive=False), self._legacy())
        self._run(f"CREATE VIEW edge_logs AS {_all_of(dated, undated)}")
        without = f"SELECT COUNT(*) FROM ({undated}) AS lines WHERE year IS NULL OR hour IS NULL"  # noqa: S608 (ours)
        [(lines,)] = self._run(without).fetchall()
        if lines:
            reason = f"the date and time of {lines} lines are none, so that they are of no day"
            self._broken.add(self._folder.name, 0, reason, lines=lines)

    def _keys(self, path: Path) -> set[str]:
        folders = path.relative_to(self._folder).parts[:-1]
        return {folder.partition("=")[0] for folder in folders if "=" in folder} & _HIVE_KEYS

    def _is_parquet(self, path: Path) -> bool:
        """Tell whether a file can be read as Parquet; else it is named."""
        try:
            self._run("SELECT COUNT(*) FROM parquet_file_metadata(?)", [str(path)]).fetchall()
        except QueryError as error:
            self._broken.add(path.name, 0, f"not a Parquet file: {str(error)[:200]}")
            return False
        return True

    def _parquet(self, files: list[Path], options: str, *, hive: bool) -> str:
        """Return what reads Parquet files, whatever fields they have been made with; empty: there are none."""
        if not files:
            return ""
        relation = f"read_parquet({_listed(files)}, union_by_name = true, {options})"
        there = {row[0] for row in self._run(f"DESCRIBE SELECT * FROM {relation}").fetchall()}  # noqa: S608
        fields = {name: f'CAST("{name}" AS VARCHAR)' for name in READ if name in there}
        return _selected(relation, fields, keys=KEYS if hive else ())

    def _legacy(self) -> str:
        """Read the legacy files into a table, and return what reads it."""
        types = ", ".join([*(f'"{name}" VARCHAR' for name in READ), *(f"{key} INTEGER" for key in KEYS)])
        self._run(f"CREATE TABLE legacy ({types})")
        part = Path(self._scratch.name) / "part.log"
        for path in self._files:
            for fields, lines in chunks(path, self._broken) if path.suffix == ".gz" else ():
                part.write_bytes(lines)
                self._run(f"INSERT INTO legacy {_read_lines(part, fields)}")
        part.unlink(missing_ok=True)
        return "SELECT * FROM legacy"


def _read_lines(path: Path, fields: tuple[str, ...]) -> str:
    """Return what reads sound lines of the legacy kind, some of whose values are URL-encoded."""
    names = [_column(field) for field in fields]
    # Two fields of one name would be one column: the later ones are of no use.
    unique = [name if name not in names[:place] else f"{name}_{place}" for place, name in enumerate(names)]
    types = json.dumps(dict.fromkeys(unique, "VARCHAR")).replace('"', "'")
    relation = (
        f"read_csv({_listed([path])}, columns = {types}, auto_detect = false, header = false, delim = '\t', quote = '',"
        " escape = '', comment = '', nullstr = '\x00', new_line = '\\n', strict_mode = false)"
    )
    decoded = {name: f'COALESCE(TRY(url_decode("{name}")), "{name}")' for name in _ENCODED}
    return _selected(relation, {name: decoded.get(name, f'"{name}"') for name in READ if name in unique}, keys=())


def _selected(relation: str, fields: dict[str, str], *, keys: tuple[str, ...]) -> str:
    """Return a SELECT of all columns that queries read, where some have to be made of others."""
    moment = "TRY_STRPTIME({} || ' ' || {}, '%Y-%m-%d %H:%M:%S')".format(*(fields.get(n, "'-'") for n in READ[:2]))
    others = dict.fromkeys(READ, "'-'") | {"timestamp_ms": f"CAST(epoch_ms({moment}) AS VARCHAR)"}
    # A field that some files have is NULL in those that do not.
    made = {name: f"COALESCE({fields[name]}, {other})" if name in fields else other for name, other in others.items()}
    parts = {key: key if keys else f"CAST({key}({moment}) AS INTEGER)" for key in KEYS}
    listed = ", ".join(f'{value} AS "{name}"' for name, value in (made | parts).items())
    return f"SELECT {listed} FROM {relation}"  # noqa: S608 (names of columns, and paths that are quoted)


def _all_of(*parts: str) -> str:
    """Put SELECTs together, leaving out what reads nothing."""
    return " UNION ALL ".join(part for part in parts if part)


def _column(field: str) -> str:
    """Return the column of a field, as `cs(User-Agent)` is `cs_user_agent`."""
    return re.sub(r"[^a-z0-9]+", "_", field.lower()).strip("_")


def _listed(files: list[Path]) -> str:
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in files) + "]"
