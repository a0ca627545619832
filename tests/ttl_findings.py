"""Findings of the TTL review in small logs, beside policies made for the purpose."""

from typing import Any

from local.edge.access_log import Row
from tests.edge_logs import PERIOD, line
from ttl_review.deployed import Behaviour, Deployed
from ttl_review.engine import Engine
from ttl_review.findings import find
from ttl_review.model import Finding, Policy


def behaviour(
    pattern: str, *, most: int = 60, least: int = 0, compresses: bool = True, forwards: tuple[str, ...] = (), **key: Any
) -> Behaviour:
    policy = Policy(
        name=pattern.strip("/*") or "pages",
        pattern=pattern,
        min_seconds=least,
        default_seconds=least,
        max_seconds=most,
        **key,
    )
    return Behaviour(policy=policy, compresses=compresses, forwards=forwards)


def deployed(*behaviours: Behaviour, **errors: float) -> Deployed:
    seconds = {int(name.removeprefix("status_")): value for name, value in errors.items()}
    return Deployed(behaviours=behaviours or (behaviour("*"),), error_seconds=seconds)


def found(engine: Engine, told: Deployed) -> list[Finding]:
    return list(find(engine, PERIOD, told, top=10).findings)


def well_used(*, path: str = "/used", times: int = 100) -> list[Row]:
    return [line(path, at=at, result="Miss" if at == 0 else "Hit") for at in range(times)]
