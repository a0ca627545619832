"""`make failover`: what it refuses, and what it makes of what readers notice.

`tests/end_to_end/test_data_commands.py` has the deployed site.
"""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from operate import deployed_stacks, failover, probe, site
from operate.command import StageError
from operate.deployed_stacks import DeployedStack, Resource
from operate.probe import Probe, Sample, outages
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]


class ElastiCache:
    """A group of two nodes; after a failover it is `modifying` for some questions, with the other primary."""

    def __init__(self, *groups: str, failing_over: str = "enabled", status: str = "available") -> None:
        self.groups, self.failing_over, self.status = groups, failing_over, status
        self.asked: list[dict[str, str]] = []
        self.busy = itertools.repeat("available")

    def describe_replication_groups(self, *, ReplicationGroupId: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        first, second = ("replica", "primary") if self.asked else ("primary", "replica")
        members = [{"CacheClusterId": f"n{n}", "CurrentRole": role} for n, role in enumerate((first, second))]
        group = {
            "ReplicationGroupId": ReplicationGroupId,
            "Description": "cache of the blog",
            "Status": next(self.busy) if self.asked else self.status,
            "AutomaticFailover": self.failing_over,
            "NodeGroups": [{"NodeGroupId": "0001", "NodeGroupMembers": members}],
        }
        return {"ReplicationGroups": [group]}

    def test_failover(self, **asked: str) -> None:
        self.asked.append(asked)
        self.busy = itertools.chain(["modifying"] * 2, itertools.repeat("available"))


def using(monkeypatch: pytest.MonkeyPatch, elasticache: ElastiCache, **typed: str) -> None:
    resources = [Resource(kind=failover.GROUP, id=each, policy="Delete", properties={}) for each in elasticache.groups]
    stack = DeployedStack(
        part="data", name="data", is_protected=False, resources=resources, connect=lambda _: elasticache
    )
    monkeypatch.setattr(deployed_stacks, "find", lambda *_: iter([stack]))
    monkeypatch.setattr(site, "find", lambda _: site.Site(url="https://site.test"))
    monkeypatch.delenv("ID", raising=False)
    for name, value in ({"STAGE": "prod"} | typed).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AFTER", "POLL"):
        monkeypatch.setattr(failover, name, 0.05)
    monkeypatch.setattr(failover, "BEFORE_SECONDS", 1)


def readers(monkeypatch: pytest.MonkeyPatch, elasticache: ElastiCache, *, away: int) -> None:
    """Readers whose next so many answers after the failover are 503."""

    def probes(*_: object, **__: object) -> list[Probe]:
        failing = itertools.chain([503] * away, itertools.repeat(303))
        return [
            Probe("sessions", lambda: next(failing) if elasticache.asked else 303, 0.002),
            Probe("pages", lambda: 404, 0.002),
        ]

    monkeypatch.setattr(failover, "probes", probes)


def test_an_interruption_is_measured_and_the_new_primary_named(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    elasticache = ElastiCache("cache", "sessions")
    using(monkeypatch, elasticache, ID="sessions")
    readers(monkeypatch, elasticache, away=5)
    monkeypatch.setattr("builtins.input", lambda: "prod")
    code, lines, errors = command("failover", failover.main)
    assert (code, errors) == (0, [])
    assert elasticache.asked == [{"ReplicationGroupId": "sessions", "NodeGroupId": "0001"}]
    assert lines[0] == "group      sessions, cache of the blog: primary n0 of 2 nodes"
    assert any(line.startswith("sessions   away for 0.0 s: 5 of ") and "(503)" in line for line in lines)
    assert any(line.startswith("pages      never away: ") for line in lines)
    assert lines[-1] == "primary    was n0, is n1"


def test_readers_who_are_still_away_at_the_end_make_the_command_fail(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    elasticache = ElastiCache("cache")
    using(monkeypatch, elasticache)
    readers(monkeypatch, elasticache, away=100_000)
    monkeypatch.setattr("builtins.input", lambda: "prod")
    assert command("failover", failover.main)[0] == 1


@pytest.mark.parametrize(
    ("elasticache", "typed", "told"),
    [
        (ElastiCache("a", "b"), {}, "name one of a, b"),
        (ElastiCache("a"), {"ID": "b"}, "ID 'b' is none of the stage's groups: a"),
        (ElastiCache(), {}, "only Memcached"),
        (ElastiCache("a", failing_over="disabled"), {}, 'a has no replica; set replicas in STAGES["prod"]'),
        (ElastiCache("a", status="modifying"), {}, "a is modifying, not available"),
        (ElastiCache("a"), {"answer": "yes"}, "'yes' is not 'prod'; nothing was done"),
    ],
)
def test_what_cannot_fail_over_is_one_clear_line_and_nothing_happens(
    elasticache: ElastiCache,
    typed: dict[str, str],
    told: str,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    using(monkeypatch, elasticache, **typed)
    monkeypatch.setattr("builtins.input", lambda: typed.get("answer", "prod"))
    code, _, (error,) = command("failover", failover.main)
    assert (code, told in error, elasticache.asked) == (2, True, [])


def test_a_site_that_fails_before_is_left_alone() -> None:
    elasticache: Any = ElastiCache()
    reader = Probe("pages", lambda: 502, 0.01)
    with pytest.raises(StageError, match="the site fails without a failover; nothing was done"):
        failover.fail_over(elasticache, "a", "0001", [reader])
    assert elasticache.asked == []


def test_a_site_that_does_not_answer_in_time_is_left_alone() -> None:
    elasticache: Any = ElastiCache()
    reader = Probe("pages", lambda: 200, 10)
    with pytest.raises(StageError, match="less than 4 times in 1 s; nothing was done"):
        failover.fail_over(elasticache, "a", "0001", [reader])
    assert elasticache.asked == []


def test_functions_that_start_are_not_what_readers_notice() -> None:
    reader = Probe("pages", lambda: 200, 10, samples=[sample(at, 200) for at in range(4)])
    failover.before([reader])
    assert reader.samples == []


def test_two_readers_stay_below_half_of_what_the_web_acl_allows_one_address() -> None:
    assert failover.interval("prod") == 0.6


def sample(at: float, status: int) -> Sample:
    return Sample(at=at, seconds=0.5, status=status)


@pytest.mark.parametrize(
    ("statuses", "lasted"),
    [
        ([200, 303, 404], []),
        ([200, 503, 0, 200, 200], [2.0]),
        ([503, 200, 502, 502, 502, 200], [1.0, 3.0]),
        ([200, 200, 503, 503], [1.5]),
    ],
)
def test_an_outage_lasts_from_the_first_failure_to_the_first_answer_after_it(
    statuses: list[int], lasted: list[float]
) -> None:
    assert outages([sample(at, status) for at, status in enumerate(statuses)]) == lasted


def test_a_reader_without_an_answer_has_noticed() -> None:
    def refused() -> int:
        raise ConnectionRefusedError

    with Probe("pages", refused, 0.001) as reader:
        while not reader.samples:
            pass
    assert reader.samples[0].failed
    assert "(no answer)" in probe.told(reader.samples)
