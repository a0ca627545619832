"""Query strings that make many objects of one answer, parameter by parameter."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from ttl_review.model import Finding, Policy
from ttl_review.popular import Behaviours
from ttl_review.shown import shown

LEAST_REQUESTS = 50
LEAST_VALUES = 5
"""A parameter with fewer values makes no more objects than a site may want."""
LEAST_OBJECTS_FOR_ONE = 2.0
# Headers differ by a few bytes from answer to answer, and an answer may go out in several encodings.
SAME_BYTES, SAME_SHARE, LEAST_SAME = 300, 0.02, 0.8


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A path with one query string, of whole answers."""

    path: str
    query: str
    """Empty: none."""
    requests: int
    misses: int
    bytes: int
    """Of the largest answer."""


@dataclass(kw_only=True)
class _Parameter:
    """What one parameter does to the paths of one behaviour."""

    paths: Counter[str] = field(default_factory=Counter[str])
    """Requests by path."""
    objects: int = 0
    without: int = 0
    """How many objects there would be if the parameter were not in the key."""
    misses: int = 0


def fragmented(rows: Iterable[tuple[object, ...]], policies: Sequence[Policy]) -> Iterator[Finding]:
    """Yield a finding for each parameter in the key of a behaviour whose value makes no difference to the answer.

    The log does not hold answers; that they are of one size, whatever the value, is taken for their being the same.
    """
    behaviours = Behaviours(policies)
    found: dict[tuple[str, str], _Parameter] = defaultdict(_Parameter)
    for path, group in groupby((_variant(row) for row in rows), key=lambda variant: variant.path):
        policy = behaviours.of(path)
        if policy.max_seconds > 0 and policy.query_strings != ():
            _add(found, policy, list(group))
    by_pattern = {policy.pattern: policy for policy in policies}
    for (pattern, name), parameter in sorted(found.items(), key=lambda item: -item[1].paths.total()):
        if parameter.paths.total() >= LEAST_REQUESTS:
            yield _finding(name, parameter, by_pattern[pattern])


def _variant(row: tuple[object, ...]) -> Variant:
    path, query, requests, misses, size = row
    text = "" if query == "-" else str(query)
    return Variant(path=str(path), query=text, requests=_number(requests), misses=_number(misses), bytes=_number(size))


def _number(value: object) -> int:
    return int(str(value))


def _add(found: dict[tuple[str, str], _Parameter], policy: Policy, variants: list[Variant]) -> None:
    """Add one path."""
    values: dict[str, set[str]] = defaultdict(set)
    for variant in variants:
        for name, value in _parts(variant.query):
            values[name].add(value)
    for name, different in values.items():
        in_key = policy.query_strings is None or name in policy.query_strings
        if in_key and len(different) >= LEAST_VALUES:
            _add_parameter(found[policy.pattern, name], name, policy, variants)
            if not found[policy.pattern, name].objects:
                del found[policy.pattern, name]


def _add_parameter(parameter: _Parameter, name: str, policy: Policy, variants: list[Variant]) -> None:
    """Add what a parameter does to one path, if its answers are the same whatever the parameter says."""
    with_it = [variant for variant in variants if name in dict(_parts(variant.query))]
    objects = {_key(variant.query, policy, without="") for variant in with_it}
    groups: dict[str, list[Variant]] = defaultdict(list)
    for variant in with_it:
        groups[_key(variant.query, policy, without=name)].append(variant)
    same = sum(_of_one_size(group) for group in groups.values())
    requests = sum(variant.requests for variant in with_it)
    if len(objects) < LEAST_OBJECTS_FOR_ONE * len(groups) or same < LEAST_SAME * requests:
        return
    parameter.paths[with_it[0].path] += requests
    parameter.objects += len(objects)
    parameter.without += len(groups)
    parameter.misses += sum(variant.misses for variant in with_it)


def _of_one_size(group: list[Variant]) -> int:
    """Count the requests whose answers are about as large as the one in the middle."""
    ordered = sorted(group, key=lambda variant: variant.bytes)
    middle = ordered[len(ordered) // 2].bytes
    room = max(SAME_BYTES, SAME_SHARE * middle)
    return sum(variant.requests for variant in group if abs(variant.bytes - middle) <= room)


def _parts(query: str) -> list[tuple[str, str]]:
    return [itemgetter(0, 2)(part.partition("=")) for part in query.split("&") if part]


def _key(query: str, policy: Policy, *, without: str) -> str:
    names = policy.query_strings
    kept = ((name, value) for name, value in _parts(query) if name != without and (names is None or name in names))
    return "&".join(f"{name}={value}" for name, value in kept)


def _finding(name: str, parameter: _Parameter, policy: Policy) -> Finding:
    requests, paths = parameter.paths.total(), len(parameter.paths)
    [(worst, _)] = parameter.paths.most_common(1)
    where = f"of {shown(worst)}" if paths == 1 else f"of {paths} paths, most of {shown(worst)}"
    return Finding(
        kind="fragmented-by-query",
        subject=shown(name),
        text=(
            f"The query string's {shown(name)} makes {parameter.objects} objects {where} where"
            f" {parameter.without} would do, since answers are of one size whatever it says: {parameter.misses} of"
            f" {requests} requests went to the origin; take it out of the key of {policy.name} ({policy.pattern})."
        ),
        requests=requests,
    )
