"""Who may do more than before: statements that allow more, and those that denied and are gone."""

from collections.abc import Iterable, Iterator
from typing import Any

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.grants import Grant, grants
from review.risks.statements import Match, Statement, includes
from review.risks.values import few

EVERYBODY = Match(frozenset("*"))
READS = ("describe", "get", "list", "head", "batchget", "query", "scan", "lookup")
TLS_KEYS = {"aws:securetransport", "s3:tlsversion"}
LIMITS = (
    "aws:source",
    "aws:principal",
    "aws:resource",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "sts:externalid",
)
"""How condition keys begin that narrow down who comes."""
OWN_BOUNDS = {"AWS::EC2::VPCEndpoint"}
"""What names everybody, but lets only through what IAM allows besides."""


def find(comparison: Comparison) -> Iterator[Finding]:
    """Compare all statements for a holder with all of them before: moved or merged ones allow nothing new."""
    for stage, stack in comparison.stacks:
        before, after = (grants(side.get(stage, stack)) for side in (comparison.base, comparison.head))
        pairs = {pair.logical_id: pair for pair in comparison.pairs(stage, stack)}
        if before != after:
            yield from _widened(before, after, pairs)
            yield from _no_longer_denied(before, after, pairs)


def _widened(before: list[Grant], after: list[Grant], pairs: dict[str, Pair]) -> Iterator[Finding]:
    for grant in after:
        if grant.statement.effect != "Allow":
            continue
        known = [one for one in before if one.holder == grant.holder]
        more = grant.statement.uncovered(one.statement for one in known)
        holder = pairs.get(grant.holder.name)
        is_new = holder is not None and holder.before is None
        if more and not (is_new and not _striking(grant, more, holder)):
            yield _finding(grant, more, _nearest(grant, known), pairs, is_new=is_new)


def _finding(
    grant: Grant, more: list[Statement], nearest: Grant | None, pairs: dict[str, Pair], *, is_new: bool
) -> Finding:
    said = list(_what(more, nearest))
    rule = "iam-trust-widened" if grant.holder.kind == "trust" else "iam-widened"
    severity = _severity(grant, more, nearest, pairs.get(grant.holder.name), is_new=is_new)
    title = f"{_name(grant, pairs)} {'; '.join(said)}"
    return pairs[grant.logical_id].finding(rule, severity, title, nearest.raw if nearest else None, grant.raw)


def _name(grant: Grant, pairs: dict[str, Pair]) -> str:
    name = pairs[grant.holder.name].where if grant.holder.name in pairs else grant.holder.name
    return {"identity": f"{name} may do more:", "trust": f"more may become {name}:"}.get(
        grant.holder.kind, f"more may be done to {name}:"
    )


def _what(more: list[Statement], nearest: Grant | None) -> Iterator[str]:
    """Say what is new, beside the statement before that is most like it."""
    was = nearest.statement if nearest else None
    for name, key in (("actions", "actions"), ("resources", "resources"), ("principals", "principals")):
        parts: list[Match] = [getattr(part, key) for part in more]
        fresh = [part for part in parts if was is None or not getattr(was, key).covers(part)]
        shown = sorted({f"{'all but ' if part.negated else ''}{one}" for part in fresh for one in part.patterns})
        if shown and not (name == "principals" and shown == ["nobody else"]):
            yield f"{name} {few(shown)}"
    yield from _conditions(more, was)


def _conditions(more: list[Statement], was: Statement | None) -> Iterator[str]:
    loose = sorted(
        {
            one.key
            for one in (was.conditions if was else ())
            if any(not any(new.implies(one) for new in part.conditions) for part in more)
        }
    )
    if loose:
        yield f"without the condition on {few(loose)} as it was"


def _nearest(grant: Grant, known: Iterable[Grant]) -> Grant | None:
    """Return the statement before that is most like one: by name, by what it allows, by what on, by whom."""

    def likeness(one: Grant) -> tuple[bool, int, int]:
        mine, its = grant.statement, one.statement
        shared = [mine.actions.patterns & its.actions.patterns, mine.resources.patterns & its.resources.patterns]
        by_name = bool(grant.raw.get("Sid")) and grant.raw.get("Sid") == one.raw.get("Sid")
        return by_name, sum(map(len, shared)), len(mine.principals.patterns & its.principals.patterns - {"nobody else"})

    alike = [one for one in known if one.statement.effect == grant.statement.effect and any(likeness(one))]
    return max(alike, key=likeness, default=None)


def _severity(
    grant: Grant, more: list[Statement], nearest: Grant | None, holder: Pair | None, *, is_new: bool
) -> Severity:
    if _public(grant, more, holder) or _administers(grant, more):
        return Severity.CRITICAL
    reaching = any(_sweeping(part) for part in more) or (not is_new and any(_boundless(part) for part in more))
    loosened = nearest is not None and any(_conditions(more, nearest.statement))
    others = grant.holder.kind != "identity" and (nearest is None or bool(_principals(more, nearest)))
    further = nearest is not None and any(_wider(part.resources, nearest.statement.resources) for part in more)
    return Severity.HIGH if reaching or loosened or others or further else Severity.MEDIUM


def _wider(resources: Match, former: Match) -> bool:
    """Whether a pattern takes the place of one that matches less; one more resource is what a new part needs."""
    return not former.covers(resources) and any(
        includes(one, old) for one in resources.patterns for old in former.patterns
    )


def _principals(more: list[Statement], nearest: Grant) -> list[Statement]:
    return [part for part in more if not nearest.statement.principals.covers(part.principals)]


def _striking(grant: Grant, more: list[Statement], holder: Pair | None) -> bool:
    """Whether what a new identity or resource starts with is worth a look."""
    far = grant.holder.kind == "identity" and any(_sweeping(part) or _boundless(part) for part in more)
    return far or _public(grant, more, holder)


def _public(grant: Grant, more: list[Statement], holder: Pair | None) -> bool:
    """Whether everybody may: no account, organisation or source is asked for."""
    if grant.holder.kind == "identity" or (holder and holder.kind in OWN_BOUNDS):
        return False
    anybody = [part for part in more if part.principals == EVERYBODY or part.principals.negated]
    return any(not any(one.key.startswith(LIMITS) for one in part.conditions) for part in anybody)


def _administers(grant: Grant, more: list[Statement]) -> bool:
    return grant.holder.kind == "identity" and any(
        "*" in part.actions.patterns and _all(part.resources) for part in more
    )


def _sweeping(part: Statement) -> bool:
    """Whether it allows whole services, or all but something."""
    return part.actions.negated or any(one in {"*", "*:*"} or one.endswith(":*") for one in part.actions.patterns)


def _boundless(part: Statement) -> bool:
    """Whether it allows more than to read, on everything; a trust policy and a key's speak of themselves."""
    verbs = [one.partition(":")[2] for one in part.actions.patterns]
    identity = "nobody else" in part.principals.patterns
    return identity and _all(part.resources) and not all(verb.startswith(READS) for verb in verbs)


def _all(resources: Match) -> bool:
    return resources.negated or "*" in resources.patterns


def _no_longer_denied(before: list[Grant], after: list[Grant], pairs: dict[str, Pair]) -> Iterator[Finding]:
    """A statement that denied; if what it was for is gone too, nothing is allowed by that."""
    for grant in before:
        holder = pairs.get(grant.holder.name)
        if grant.statement.effect != "Deny" or (holder and holder.after is None):
            continue
        known = [one for one in after if one.holder == grant.holder]
        if grant.statement.uncovered(one.statement for one in known):
            yield _undenied(grant, _nearest(grant, known), pairs)


def _undenied(grant: Grant, nearest: Grant | None, pairs: dict[str, Pair]) -> Finding:
    keys = {one.key for one in grant.statement.conditions}
    pair = pairs[grant.logical_id]
    owner = pairs.get(grant.holder.name, pair).where
    after: Any = nearest.raw if nearest else None
    if keys & TLS_KEYS:
        title = f"{owner} may be used without TLS, or with older TLS: less is denied"
        return pair.finding("tls-weakened", Severity.HIGH, title, grant.raw, after)
    title = f"less is denied to {owner}: {few(sorted(grant.statement.actions.patterns))}"
    return pair.finding("iam-deny-removed", Severity.HIGH, title, grant.raw, after)
