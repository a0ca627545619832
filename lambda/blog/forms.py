"""What is checked of what people type: every wrong field gets a message of its own, and what was typed stays."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Flask, request

Rule = Callable[[str], str | None]
"""Returns what is wrong with a value."""

LARGEST_BODY = 1_000_000
"""Bytes of a request that Lambda takes behind a load balancer (Elastic Load Balancing, "Use Lambda functions as
targets")."""
LARGEST_FIELD = 400_000
MOST_PARTS = 20
LARGEST_URL_ENCODED = 64_000
"""Bytes: the parser does not count fields of this encoding, so that its size has to bound them."""

LONGEST_ADDRESS = 254
"""Characters of a mail address (RFC 5321, section 4.5.3.1)."""
LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
ADDRESS = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{LABEL}(?:\.{LABEL})+")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
CONTROL_OR_BREAK = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form as it is shown: what stands in its fields, and what is wrong with them."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


def bound(app: Flask) -> None:
    """Refuse bodies that are too large, or have too many parts, with 413."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_FIELD
    app.config["MAX_FORM_PARTS"] = MOST_PARTS

    @app.before_request
    def bound_url_encoded() -> None:  # pyright: ignore[reportUnusedFunction]
        if request.mimetype == "application/x-www-form-urlencoded":
            request.max_content_length = LARGEST_URL_ENCODED


def check(submitted: Mapping[str, str], rules: Mapping[str, Rule]) -> Form:
    """Return the fields that have rules, without the space around them, and what is wrong with each."""
    values = {name: submitted.get(name, "").replace("\r\n", "\n").strip() for name in rules}
    problems = {name: rule(values[name]) for name, rule in rules.items()}
    return Form(values=values, errors={name: problem for name, problem in problems.items() if problem})


def text(*, shortest: int = 1, longest: int, lines: bool = False) -> Rule:
    """Text between these lengths, in characters; of one line unless `lines`."""
    unwanted = CONTROL if lines else CONTROL_OR_BREAK

    def rule(value: str) -> str | None:
        if len(value) < shortest:
            return f"Please write at least {shortest} characters." if value else "Please fill this in."
        if len(value) > longest:
            return f"Please shorten this: it has {len(value):,} characters, {longest:,} are possible."
        if unwanted.search(value):
            return "Please remove the control characters from this."
        return None

    return rule


def address(value: str) -> str | None:
    """A mail address alone, without a name."""
    if not value:
        return "Please fill this in."
    if len(value) > LONGEST_ADDRESS or not ADDRESS.fullmatch(value):
        return "Please write a mail address, such as name@example.com."
    return None
