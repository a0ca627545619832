"""The figures of one soak, as they are printed and stand in docs/proof.md."""

import os
import platform
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from review.cost import load
from tests.soak.calm import MOST_OFF, Check
from tests.soak.mails import Done
from tests.soak.model import BACKLOG, SECONDS_A_BATCH, rows
from tests.soak.processes import EMULATOR, Sample, growth
from tests.soak.readers import Read, failures
from tests.soak.report import table

MOST_GROWTH = 0.1
"""How much larger a function's process may be in the last quarter than in the first."""
LEAST_SAMPLES = 40
"""Of a shorter run a growth says nothing."""


class Figures(Struct, frozen=True, kw_only=True):
    """What a soak has come to."""

    asked: Done
    """With `on_undecided="ask"`."""
    resent: Done
    """With `on_undecided="resend"`."""
    read: Read
    checks: list[Check]
    memory: Mapping[str, Mapping[str, list[Sample]]]
    """By what went on, then by process."""

    @property
    def problems(self) -> list[str]:
        """Everything that must not be."""
        found = [*self.asked.accounts.problems, *self.resent.accounts.problems, *self.read.trouble]
        found += [f"readers: {each}" for each in failures(self.read)[1]]
        found += [
            f"model: {each.what}: off by {each.off:.0%}"
            for each in self.checks
            if each.off > MOST_OFF and not each.busy
        ]
        for phase, by_process in self.memory.items():
            for name, samples in by_process.items():
                first, last, _ = growth(samples)
                if name != EMULATOR and len(samples) >= LEAST_SAMPLES and last > first * (1 + MOST_GROWTH):
                    found.append(f"memory of {name} with {phase}: {first:.0f} MB, later {last:.0f} MB")
        return found


def lines(figures: Figures) -> list[str]:
    """Return everything as Markdown."""
    count = figures.asked.count + figures.resent.count
    readers = f"readers for {figures.read.seconds / 60:.1f} minutes, **{len(figures.problems)} problems**"
    return [
        f"{time.strftime('%Y-%m-%d %H:%M')}, {machine()}: {count:,} requests, {readers}.",
        "",
        "### Mails",
        "",
        *_mails(figures),
        "",
        "### Readers",
        "",
        *_readers(figures.read),
        "",
        "### Memory",
        "",
        *_memory(figures),
        "",
        "### Model",
        "",
        *_model(figures),
    ]


def machine() -> str:
    """Say what it ran on."""
    model = next((line for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ":" + platform.machine())
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = " ".join(model.partition(":")[2].split())
    return f"{os.cpu_count()} cores ({name}), {gigabytes:.0f} GB, load {os.getloadavg()[0]:.1f} at the end"


def _mails(figures: Figures) -> Iterator[str]:
    both = {'`on_undecided="ask"`': figures.asked, '`"resend"`': figures.resent}
    body = [
        *_beside("", [done.accounts.outcomes for done in both.values()]),
        *_beside("given up: ", [done.accounts.reasons for done in both.values()]),
        *_beside("fault: ", [done.faults for done in both.values()]),
    ]
    yield from table(
        [
            ["", *both],
            ["requests", *(f"{done.count:,}" for done in both.values())],
            *body,
            ["mails SES has taken", *(f"{done.sent:,}" for done in both.values())],
            ["requests/s while they were queued", *(f"{done.count / done.fed_seconds:.0f}" for done in both.values())],
            ["seconds until the queues were empty", *(f"{done.seconds:.0f}" for done in both.values())],
            ["**unaccounted for**", *(f"**{len(done.accounts.problems)}**" for done in both.values())],
        ]
    )


def _beside(before: str, counts: Sequence[Mapping[str, int]]) -> list[list[str]]:
    names = sorted({name for each in counts for name in each})
    return [[before + name, *(f"{each.get(name, 0):,}" for each in counts)] for name in names]


def _readers(read: Read) -> Iterator[str]:
    allowed, others = failures(read)
    by_kind = Counter(reply.kind for reply in read.replies)
    hits = Counter(reply.kind for reply in read.replies if reply.cached)
    times = sorted(reply.seconds * 1000 for reply in read.replies)
    yield from table(
        [
            ["", "requests", "answered at the edge"],
            *([kind, f"{number:,}", f"{hits[kind]:,}"] for kind, number in by_kind.items()),
            ["all", f"{len(times):,}", f"{sum(hits.values()):,}"],
        ]
    )
    yield ""
    yield from table(
        [
            ["answers", "number"],
            *([f"status {status or 'none'}", f"{number:,}"] for status, number in sorted(_statuses(read).items())),
            *([f"503: {why}", f"{number:,}"] for why, number in sorted(allowed.items())),
            ["**5xx, or none, without an allowed cause**", f"**{len(others)}**"],
            *([f"fault: {name}", str(number)] for name, number in sorted(read.faults.items())),
            ["median, 99 % (ms)", f"{_part(times, 0.5):.0f}, {_part(times, 0.99):.0f}"],
        ]
    )


def _statuses(read: Read) -> Counter[int]:
    return Counter(reply.status for reply in read.replies)


def _part(times: list[float], part: float) -> float:
    return times[min(len(times) - 1, int(len(times) * part))] if times else 0.0


def _memory(figures: Figures) -> Iterator[str]:
    body: list[list[str]] = []
    for phase, by_process in figures.memory.items():
        for name, samples in by_process.items():
            first, last, peak = growth(samples)
            body.append([f"{name}, {phase}", f"{first:.0f}", f"{last:.0f}", f"{peak:.0f}", str(len(samples))])
    yield from table([["largest process, MB", "first quarter", "last quarter", "peak", "samples"], *body])


def _model(figures: Figures) -> Iterator[str]:
    checked = [
        [
            each.what,
            f"{each.predicted:.1f} s",
            f"{each.measured:.1f} s",
            f"{each.off:.0%}{', busy machine' * each.busy}",
        ]
        for each in figures.checks
    ]
    yield from table([["checked without faults", "predicted", "measured", "off by"], *checked])
    yield ""
    yield f"A backlog of {BACKLOG:,} mails on the standard queue, at {SECONDS_A_BATCH:g} s a batch of ten:"
    yield ""
    yield from table([*rows(load())])


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text().splitlines()
    except OSError:
        return []
