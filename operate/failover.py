"""`make failover`: let a replica of the cache take over, and measure what readers notice.

ID names one of several groups. Two readers ask through the edge for what it has not: one with a session, which only
Redis knows, and one for pages that do not exist, which the database answers where the cache does not. ElastiCache
allows 15 such tests in 24 hours, and replaces the node that was the primary, which takes minutes ("TestFailover",
Amazon ElastiCache API reference). In the embedded cloud one Valkey stands for primary and replica: it is stopped for
three seconds, and started with its data.
"""

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from operate import deployed_stacks, probe, site, stage
from operate.command import InputError, StageError, run, say
from operate.confirmation import confirm
from stacks.config import STAGES

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient

GROUP = "AWS::ElastiCache::ReplicationGroup"
SESSION = {"cookie": "__Host-session=of-nobody"}
BEFORE = 4
"""Answers that each reader has before: the first ones may wait for a function that starts."""
BEFORE_SECONDS = 90
AFTER = 5.0
"""Seconds for which readers go on once the group is available again."""
LONGEST = 1800
"""Seconds that ElastiCache may take to be done."""
POLL = 1.0
WINDOW = 300
"""Seconds in which the web ACL counts requests."""
FAILED = 1


def main() -> int:
    """Fail over the stage's group, or the one that ID names."""
    name = stage.chosen()
    data = deployed_stacks.one(name, "data")
    elasticache: ElastiCacheClient = data.connect("elasticache")
    chosen = choose([each.id for each in data.of(GROUP)], os.environ.get("ID", ""))
    group = described(elasticache, chosen)
    check(name, group)
    shard = group["NodeGroups"][0]
    say(
        "group",
        f"{chosen}, {group['Description']}: primary {primary_of(shard)} of {len(shard['NodeGroupMembers'])} nodes",
    )
    confirm(name, f"its primary goes away, and sessions with it for a while, if {chosen} holds them")
    readers = probes(site.find(name), interval=interval(name))
    done = fail_over(elasticache, chosen, shard["NodeGroupId"], readers)
    for reader in readers:
        say(reader.name, probe.told(reader.samples))
    say("primary", f"was {primary_of(shard)}, is {primary_of(done['NodeGroups'][0])}")
    return FAILED if any(probe.away(reader.samples) for reader in readers) else 0


def choose(groups: list[str], wanted: str) -> str:
    """Return the group to fail over; with several of them one has to be named."""
    if wanted and wanted not in groups:
        raise InputError(f"ID '{wanted}' is none of the stage's groups: {', '.join(groups) or 'there is none'}")
    if not groups:
        raise StageError("the stage has no Redis, only Memcached, which has no replicas")
    if len(groups) > 1 and not wanted:
        raise InputError(f"ID is empty, and there are {len(groups)} groups; name one of {', '.join(groups)}")
    return wanted or groups[0]


def check(name: str, group: Mapping[str, Any]) -> None:
    """Refuse a group that cannot fail over now."""
    if group["AutomaticFailover"] != "enabled":
        raise StageError(f'{group["ReplicationGroupId"]} has no replica; set replicas in STAGES["{name}"] and deploy')
    if group["Status"] != "available":
        raise StageError(f"{group['ReplicationGroupId']} is {group['Status']}, not available")


def described(elasticache: "ElastiCacheClient", group: str) -> Any:  # noqa: ANN401 (a description by ElastiCache)
    """Return what ElastiCache says of a group."""
    return elasticache.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]


def primary_of(shard: Mapping[str, Any]) -> str:
    """Return the id of the primary node."""
    nodes = shard["NodeGroupMembers"]
    return next((each["CacheClusterId"] for each in nodes if each.get("CurrentRole") == "primary"), "unknown")


def interval(name: str) -> float:
    """Return the seconds between two requests of a reader: both use half of what the web ACL allows one address."""
    return WINDOW * 2 / (STAGES[name].edge.rate_limit_requests / 2)


def probes(where: site.Site, *, interval: float) -> list[probe.Probe]:
    """Return the two readers."""

    def asking(path: Callable[[], str], headers: Mapping[str, str]) -> Callable[[], int]:
        return lambda: where.get(path(), headers).status

    return [
        probe.Probe("sessions", asking(lambda: "/write", SESSION), interval),
        probe.Probe("pages", asking(lambda: f"/posts/{uuid4().hex}", {}), interval),
    ]


def before(readers: list[probe.Probe]) -> None:
    """Wait until every reader is answered well; refuse a site that fails by itself."""
    deadline = time.monotonic() + BEFORE_SECONDS
    while any(len(reader.samples) < BEFORE for reader in readers):
        if time.monotonic() > deadline:
            raise StageError(f"the site answers less than {BEFORE} times in {BEFORE_SECONDS} s; nothing was done")
        time.sleep(0.1)
    if any(sample.failed for reader in readers for sample in reader.samples):
        raise StageError("the site fails without a failover; nothing was done")
    for reader in readers:
        # What readers notice is measured from here.
        reader.samples.clear()


def fail_over(elasticache: "ElastiCacheClient", group: str, shard: str, readers: list[probe.Probe]) -> Any:  # noqa: ANN401
    """Fail over while readers ask, and return the group's description once it is available again."""
    with contextlib.ExitStack() as asking:
        for reader in readers:
            asking.enter_context(reader)
        before(readers)
        elasticache.test_failover(ReplicationGroupId=group, NodeGroupId=shard)
        began = time.monotonic()
        say("failover", "asked for")
        while (done := described(elasticache, group))["Status"] != "available" or time.monotonic() - began < POLL:
            if time.monotonic() - began > LONGEST:
                raise StageError(f"{group} is {done['Status']} after {LONGEST} s; its events tell more")
            time.sleep(POLL)
        say("available", f"{time.monotonic() - began:.0f} s after that")
        time.sleep(AFTER)
    return done


if __name__ == "__main__":
    run("failover", main)
