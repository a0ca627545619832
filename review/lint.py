"""cfn-lint on the templates of a review, side by side in processes that start before there is anything to lint."""

import json
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from threading import Lock
from types import MappingProxyType
from typing import Self

from review import linting
from review.linting import Match
from review.model import Finding, Severity
from review.sides import Side, Template
from review.values import ASSET_HASH

SEVERITIES = MappingProxyType({"error": Severity.HIGH, "warning": Severity.MEDIUM, "informational": Severity.LOW})
WORKER = "review.linter"
"""What the processes begin with: cfn-lint, loaded once for all of them."""


class Linters:
    """Processes that lint; what is the same on both sides, or in two stages, is linted once."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([WORKER])
        self._count = os.cpu_count() or 1
        self._pool = ProcessPoolExecutor(self._count, mp_context=context)
        self._found: dict[tuple[str, str], Future[list[Match]]] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        """Start to load cfn-lint, which takes as long as a synthesis."""
        for _ in range(self._count):
            self._pool.submit(linting.warm_up)
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self._pool.shutdown(cancel_futures=True)

    @property
    def linted(self) -> int:
        """How many different templates there were to lint."""
        return len(self._found)

    def findings(self, side: Side) -> list[Finding]:
        """Return what cfn-lint finds in each template."""
        largest_first = sorted(side.templates.values(), key=lambda template: -len(template.resources))
        started = [(template, self._lint(template)) for template in largest_first]
        return [finding for template, found in started for finding in _findings(template, found.result())]

    def _lint(self, template: Template) -> Future[list[Match]]:
        # With other code alone, a template is the same to lint.
        job = (template.region, ASSET_HASH.sub("0" * 64, json.dumps(template.body)))
        with self._lock:
            if job not in self._found:
                self._found[job] = self._pool.submit(linting.lint, *job)
            return self._found[job]


def _findings(template: Template, matches: list[Match]) -> Iterator[Finding]:
    for match in matches:
        section, name, *rest = [*match.path, "", ""]
        # Without the places in lists, which move when something is put before them.
        names = "/".join(step for step in rest if step and not step.isdigit())
        of_a_resource = section == "Resources" and name in template.resources
        yield Finding(
            rule=match.rule,
            severity=SEVERITIES.get(match.severity, Severity.HIGH),
            stage=template.stage,
            stack=template.stack,
            resource=template.where(name) if of_a_resource else template.stack,
            title=f"{' '.join(match.message.split())}{f' ({names})' if names else ''}",
            source="cfn-lint",
        )
