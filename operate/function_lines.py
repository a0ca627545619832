"""Log lines of a stage's functions, found by an id in them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from operate import deployed_stacks
from operate.steps import Step

IDS = ("correlation_id", "message_id", "request_id", "ses_message_id")
"""Fields by which lines are found and that lead to others."""
LEFT_OUT = frozenset({*IDS, "timestamp", "level", "logger", "message", "event", "requestId", "stackTrace", "location"})


@dataclass(frozen=True)
class Line:
    """One log line in JSON."""

    at: int
    function: str
    fields: dict[str, Any]

    @property
    def ids(self) -> set[str]:
        """What it is about. Feedback's queue gives messages ids of their own, which lead nowhere."""
        names = IDS if "request_id" not in self.fields else [name for name in IDS if name != "message_id"]
        return {str(self.fields[name]) for name in names if self.fields.get(name)}

    @property
    def step(self) -> Step:
        """What it tells, with its ids at the end."""
        told = [f"{name}: {value}" for name, value in self.fields.items() if name not in LEFT_OUT]
        ids = [f"{name}: {self.fields[name]}" for name in IDS if self.fields.get(name)]
        word = self.fields.get("event") or self.fields.get("message")
        return Step(self.at, self.function, "  ".join([str(word), *told, *ids]))


@dataclass(frozen=True, kw_only=True)
class FunctionLines:
    """The logs of a stage's functions."""

    logs: Any
    groups: dict[str, str]
    """Log group -> the function's package."""

    @classmethod
    def of(cls, name: str) -> "FunctionLines":
        """Find the log groups of the functions in the Mail and Web stacks."""
        groups: dict[str, str] = {}
        logs: Any = None
        for deployed in deployed_stacks.find(name, "mail", "web"):
            functions, logs = deployed.connect("lambda"), deployed.connect("logs")
            for function in deployed.of("AWS::Lambda::Function"):
                settings = functions.get_function_configuration(FunctionName=function.id)
                groups[settings["LoggingConfig"]["LogGroup"]] = settings["Handler"].partition(".")[0]
        return cls(logs=logs, groups=groups)

    def about(self, ids: Iterable[str]) -> Iterator[Line]:
        """Yield the lines that have one of these ids."""
        for group, function in self.groups.items():
            for id_ in ids:
                # A quoted term matches wherever it stands ("Filter pattern syntax for metric filters, …").
                pages = self.logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group, filterPattern=f'"{id_}"'
                )
                lines = (_line(event, function) for page in pages for event in page["events"])
                yield from (line for line in lines if line and id_ in line.ids)


def _line(event: dict[str, Any], function: str) -> Line | None:
    """Read a line; None for what is no JSON, as the platform's own."""
    try:
        fields = json.loads(event["message"])
    except ValueError:
        return None
    return Line(event["timestamp"], function, fields) if isinstance(fields, dict) else None  # pyright: ignore[reportUnknownArgumentType]
