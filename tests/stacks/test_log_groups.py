"""No log is kept forever, whoever writes it."""

from collections.abc import Callable, Iterable
from typing import Any

from stacks.retention import RETENTION
from tests.stacks.synthesis import Synthesized, refers_to

Told = Callable[[Any], Iterable[object]]
"""Where a resource's properties say that logs go."""
WHERE: dict[str, Told] = {
    "EC2::FlowLog": lambda properties: [properties["LogGroupName"]],
    "ElastiCache::ReplicationGroup": lambda properties: properties["LogDeliveryConfigurations"],
    "RDS::DBCluster": lambda properties: [
        f"/aws/rds/cluster/{properties['DBClusterIdentifier']}/{kind}"
        for kind in properties["EnableCloudwatchLogsExports"]
    ],
    "WAFv2::LoggingConfiguration": lambda properties: [
        destination["Fn::Join"][1][-1].rpartition(":")[2] for destination in properties["LogDestinationConfigs"]
    ],
}


def test_every_log_group_forgets(synthesized: Synthesized) -> None:
    groups = synthesized.all("Logs::LogGroup")
    assert groups
    assert {group.get("RetentionInDays") for group in groups} <= {*RETENTION}


def test_every_function_writes_to_a_log_group_of_ours(synthesized: Synthesized) -> None:
    # Lambda makes one for whichever function has none, and keeps it forever.
    written: list[str] = []
    for template in synthesized.templates.values():
        groups = template.all("Logs::LogGroup")
        for function in template.all("Lambda::Function").values():
            (group,) = refers_to(function["LoggingConfig"]["LogGroup"])
            assert group in groups
            written.append(group)
    assert len({*written}) == len(written)


def test_what_aws_logs_for_us_goes_to_log_groups_of_ours(synthesized: Synthesized) -> None:
    seen: set[str] = set()
    for template in synthesized.templates.values():
        groups = template.all("Logs::LogGroup")
        ours = {*groups, *(group["LogGroupName"] for group in groups.values() if "LogGroupName" in group)}
        for kind, told in WHERE.items():
            for properties in template.all(kind).values():
                for target in told(properties):
                    assert (refers_to(target) or {target}) <= ours
                    seen.add(kind)
    assert seen == {*WHERE}
