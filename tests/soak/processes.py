"""The processes of the embedded cloud and what memory they hold, by /proc."""

import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Self

from msgspec import Struct

PAGE_MB = 4096 / 2**20
EVERY_SECONDS = 2.0
EMULATOR = "emulator"


class Sample(Struct, frozen=True, kw_only=True):
    """The largest process of its kind at one moment."""

    at: float
    """Seconds since the first."""
    mb: float


def workers(session: int, function: str) -> list[int]:
    """Return the process ids of a function's warm processes; the emulator names their folders by the function."""
    return [pid for pid in _of_session(session) if f"-{function}-" in _command(pid)]


class Memory:
    """Samples the resident memory of the emulator and of functions until it is left."""

    def __init__(self, session: int, functions: tuple[str, ...]) -> None:
        self.samples: defaultdict[str, list[Sample]] = defaultdict(list)
        self._session = session
        self._functions = functions
        self._began = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            at = time.monotonic() - self._began
            groups = {EMULATOR: [self._session]}
            groups |= {name: workers(self._session, name) for name in self._functions}
            for name, pids in groups.items():
                if sizes := [mb for pid in pids if (mb := _resident_mb(pid))]:
                    self.samples[name].append(Sample(at=at, mb=max(sizes)))


def growth(samples: list[Sample]) -> tuple[float, float, float]:
    """Return the median of the first and of the last quarter, the warm-up left out, and the peak, in MB."""
    kept = samples[len(samples) // 10 :] or samples
    quarter = max(1, len(kept) // 4)
    first, last = ([sample.mb for sample in part] for part in (kept[:quarter], kept[-quarter:]))
    return _median(first), _median(last), max(sample.mb for sample in samples)


def _median(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]


def _of_session(session: int) -> list[int]:
    """Return the processes of a session: its id is the sixth field behind the name in /proc/<pid>/stat."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            fields = _read(folder / "stat").rpartition(")")[2].split()
            if len(fields) > 3 and int(fields[3]) == session:
                found.append(int(folder.name))
    return found


def _command(pid: int) -> str:
    return _read(Path(f"/proc/{pid}/cmdline"))


def _resident_mb(pid: int) -> float:
    fields = _read(Path(f"/proc/{pid}/statm")).split()
    return int(fields[1]) * PAGE_MB if fields else 0.0


def _read(file: Path) -> str:
    """Read a file of a process that may just have ended."""
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:
        return ""
