"""Statements of IAM policies as sets: whether one allows, or denies, everything that another does."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, cast

from review.risks.values import listed, number, text

ROOT = re.compile(r"^(arn:.*:iam::.+:)root$")
SUFFIX = "ifexists"
# They compare alike: "IAM JSON policy elements: Condition operators", Amazon Resource Name (ARN) condition operators.
SAME_OPERATORS = {"arnequals": "arnlike", "arnnotequals": "arnnotlike"}


class Match(NamedTuple):
    """Patterns, and whether what they match is meant, or all but that."""

    patterns: frozenset[str]
    negated: bool = False

    def covers(self, other: "Match") -> bool:
        """Whether everything that another matches is matched."""
        if not self.negated and not other.negated:
            return all(any(includes(mine, one) for mine in self.patterns) for one in other.patterns)
        if self.negated and other.negated:
            return all(any(includes(one, mine) for one in other.patterns) for mine in self.patterns)
        if self.negated:
            return not any(overlap(mine, one) for mine in self.patterns for one in other.patterns)
        return "*" in self.patterns

    def parts(self) -> list["Match"]:
        """Return one match a pattern; what is negated has no parts."""
        return [self] if self.negated else [Match(frozenset([one])) for one in sorted(self.patterns)]


class Condition(NamedTuple):
    """One key of a condition."""

    operator: str
    key: str
    values: frozenset[str]

    def implies(self, other: "Condition") -> bool:
        """Whether another holds wherever this one does."""
        if self.key != other.key or (self.operator.endswith(SUFFIX) and not other.operator.endswith(SUFFIX)):
            return False
        mine, its = (operator.removesuffix(SUFFIX) for operator in (self.operator, other.operator))
        if mine != its and (mine, its) != ("stringequals", "stringlike"):
            return False
        return _implied(its, self.values, other.values)


def _implied(operator: str, inner: frozenset[str], outer: frozenset[str]) -> bool:
    if "not" in operator:
        return outer <= inner
    if operator.endswith("like"):
        return all(any(includes(pattern, value) for pattern in outer) for value in inner)
    bounds = [[number(value) for value in values] for values in (inner, outer)]
    if "lessthan" in operator or "greaterthan" in operator:
        return inner == outer or _tighter(operator, *bounds)
    return inner <= outer


def _tighter(operator: str, inner: list[float | None], outer: list[float | None]) -> bool:
    known = [[bound for bound in bounds if bound is not None] for bounds in (inner, outer)]
    if not all(known):
        return False
    return max(known[0]) <= max(known[1]) if "lessthan" in operator else min(known[0]) >= min(known[1])


@dataclass(frozen=True)
class Statement:
    """One statement, read."""

    effect: str
    actions: Match
    resources: Match
    principals: Match
    conditions: frozenset[Condition]

    def covers(self, other: "Statement") -> bool:
        """Whether this statement alone says of everything what another says of it."""
        return (
            self.effect == other.effect
            and self.actions.covers(other.actions)
            and self.resources.covers(other.resources)
            and self.principals.covers(other.principals)
            and all(any(one.implies(mine) for one in other.conditions) for mine in self.conditions)
        )

    def parts(self) -> Iterator["Statement"]:
        """Yield a statement for each action, resource and principal: together they say the same."""
        for action in self.actions.parts():
            for resource in self.resources.parts():
                for principal in self.principals.parts():
                    yield Statement(self.effect, action, resource, principal, self.conditions)

    def uncovered(self, others: Iterable["Statement"]) -> list["Statement"]:
        """Return the parts that no other statement covers."""
        alike = [other for other in others if other.effect == self.effect]
        if any(other.covers(self) for other in alike):
            return []
        return [part for part in self.parts() if not any(other.covers(part) for other in alike)]


def read(statement: Mapping[str, Any]) -> Statement:
    """Return a statement as sets; actions are the same in any case, resources are not."""
    return Statement(
        effect=str(statement.get("Effect", "Allow")),
        actions=_match(statement, "Action", str.lower),
        resources=_match(statement, "Resource", str),
        principals=Match(
            frozenset(_principals(statement.get("Principal", statement.get("NotPrincipal")))),
            negated="NotPrincipal" in statement,
        ),
        conditions=frozenset(_conditions(statement.get("Condition"))),
    )


def _match(statement: Mapping[str, Any], key: str, spelled: Callable[[str], str]) -> Match:
    negated = f"Not{key}" in statement
    values = listed(statement.get(f"Not{key}" if negated else key))
    # A trust policy has no resource: it is its own.
    return Match(frozenset(spelled(text(value)) for value in values) or frozenset("*"), negated)


def _principals(principal: object) -> Iterator[str]:
    """Yield principals with their kind; everybody is written in two ways, an account too."""
    if not isinstance(principal, Mapping):
        yield "nobody else" if principal is None else text(principal)
        return
    for kind, values in cast("Mapping[str, Any]", principal).items():
        for value in map(text, listed(values)):
            account = re.fullmatch(r"\d{12}", value)
            yield (
                "*" if (kind, value) == ("AWS", "*") else f"{kind} {f'arn:aws:iam::{value}:root' if account else value}"
            )


def _conditions(condition: object) -> Iterator[Condition]:
    for operator, keys in _items(condition):
        name = operator.lower()
        base = SAME_OPERATORS.get(name.removesuffix(SUFFIX), name.removesuffix(SUFFIX))
        for key, values in _items(keys):
            spelled = frozenset(_spelled(base, value) for value in listed(values))
            yield Condition(base + (SUFFIX if name.endswith(SUFFIX) else ""), key.lower(), spelled)


def _items(value: object) -> list[tuple[str, Any]]:
    """What a condition consists of; what is known at deployment only, as Fn::If, is one thing of its own."""
    if isinstance(value, Mapping):
        return list(cast("Mapping[str, Any]", value).items())
    return [("", value)] if value else []


def _spelled(operator: str, value: object) -> str:
    written = text(value)
    return written.lower() if operator in {"bool", "null"} else written


@cache
def includes(pattern: str, other: str) -> bool:
    """Whether a pattern matches all that another does; the root of an account stands for everybody in it."""
    pattern = ROOT.sub(r"\1*", pattern.removeprefix("AWS ")) if pattern.startswith("AWS ") else pattern
    other = other.removeprefix("AWS ")
    expression = "".join({"*": ".*", "?": "[^*]"}.get(one, re.escape(one)) for one in pattern)
    return re.fullmatch(expression, other, re.DOTALL) is not None


@cache
def overlap(one: str, other: str) -> bool:
    """Whether there is anything that both patterns match."""
    if one.startswith("*"):
        return overlap(one[1:], other) or (bool(other) and overlap(one, other[1:]))
    if other.startswith("*"):
        return overlap(other, one)
    if not one or not other:
        return one == other
    return (one[0] == other[0] or "?" in (one[0], other[0])) and overlap(one[1:], other[1:])
