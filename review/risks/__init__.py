"""Risks in how two sides differ: what loses data, opens access, or hides trouble; a module a family."""

from collections.abc import Sequence

from review import indirect
from review.engine import Engine
from review.model import Differences, Finding, by_weight
from review.risks import (
    alarms,
    assets,
    data_loss,
    deletion,
    encryption,
    iam,
    mail_records,
    managed_policies,
    network,
    queues,
    security_groups,
    stateful,
)
from review.risks.comparison import Comparison, Rule
from review.sides import Side

FAMILIES: Sequence[Rule] = (
    stateful.find,
    deletion.find,
    iam.find,
    managed_policies.find,
    security_groups.find,
    network.find,
    encryption.find,
    mail_records.find,
    alarms.find,
    data_loss.find,
    queues.find,
    assets.find,
)


def find(base: Side, head: Side, differences: Differences, engine: Engine | None = None) -> list[Finding]:
    """Return every risk, worst first.

    An engine that is open already saves the start of another, where a replacement spreads to other stacks.
    """
    comparison = Comparison(base, head, differences)
    found = [finding for family in FAMILIES for finding in family(comparison)]
    found += indirect.find(comparison, engine)
    return list(by_weight({finding.fingerprint: finding for finding in found}.values()))
