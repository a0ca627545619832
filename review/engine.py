"""The CDK's own difference engine, `@aws-cdk/cloudformation-diff`, in one Node process."""

import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec import Struct, field
from msgspec.json import decode, encode

from review.command import NODE, ROOT, ReviewError

PROGRAM = ROOT / "review" / "differences.cjs"


class ResourceAnswer(Struct):
    """What the engine says about a resource that has changed."""

    impact: str
    properties: dict[str, str]
    attributes: list[str]


class Answer(Struct):
    """What the engine says about a pair of templates."""

    resources: dict[str, ResourceAnswer] = field(default_factory=dict[str, ResourceAnswer])
    statements: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    rules: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    failed: str = ""


class Engine:
    """Compares templates as long as it is open; starting it is most of what it costs."""

    def __init__(self, program: Path = PROGRAM) -> None:
        if not NODE.exists():
            raise ReviewError(f"no {NODE.relative_to(ROOT)}; run `make install`")
        self._node = subprocess.Popen(  # noqa: S603
            [NODE, program],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def compare(self, pairs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[Answer]:
        """Return an answer for each pair of templates: before and after."""
        asked = encode([{"before": before, "after": after} for before, after in pairs])
        stdin, stdout = self._node.stdin, self._node.stdout
        assert stdin is not None  # noqa: S101 (a pipe, as asked for)
        assert stdout is not None  # noqa: S101 (likewise)
        with suppress(BrokenPipeError):
            stdin.write(asked + b"\n")
            stdin.flush()
        line = stdout.readline()
        if not line:
            raise self._ended()
        return decode(line, type=list[Answer])

    def close(self) -> None:
        """End the process."""
        self._node.kill()
        self._node.communicate()

    def _ended(self) -> ReviewError:
        assert self._node.stderr is not None  # noqa: S101 (a pipe, as asked for)
        lines = self._node.stderr.read().decode(errors="replace").splitlines()
        said = next((line for line in lines if "Error" in line), "it ended without a word")
        return ReviewError(f"the difference engine does not run: {said}; run `make install`")
