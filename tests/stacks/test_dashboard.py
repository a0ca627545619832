import json
import re
from functools import cache
from typing import Any

import pytest

from stacks.config import STAGES
from tests.stacks.synthesis import Synthesized, refers_to
from tests.stacks.variants import synthesize_variant


@cache
def body(synthesized: Synthesized) -> list[dict[str, Any]]:
    """The widgets of the only dashboard, with references written as `<Stack/LogicalId>`."""
    (dashboard,) = synthesized.all("CloudWatch::Dashboard")
    told = outputs(synthesized)

    def named(part: Any) -> str:
        match part:
            case str():
                return part
            case {"Fn::GetStackOutput": {"StackName": stack, "OutputName": output}}:
                return f"<{told[stack, output]}>"
            case {"Fn::ImportValue": export}:
                return f"<{told[export, '']}>"
            case _:
                return "<" + ",".join(f"Review/{name}" for name in sorted(refers_to(part))) + ">"

    return json.loads("".join(map(named, dashboard["DashboardBody"]["Fn::Join"][1])))["widgets"]


def outputs(synthesized: Synthesized) -> dict[tuple[str, str], str]:
    """What each output is of: by stack and key, and by the name of its export."""
    found: dict[tuple[str, str], str] = {}
    for stack, template in synthesized.templates.items():
        for key, output in template.document.get("Outputs", {}).items():
            of = ",".join(f"{stack}/{name}" for name in sorted(refers_to(output["Value"])))
            found[synthesized.stack(stack)["stackName"], key] = of
            found[output.get("Export", {}).get("Name", key), ""] = of
    return found


def metrics(widgets: list[dict[str, Any]]) -> list[list[Any]]:
    return [line for widget in widgets for line in widget["properties"].get("metrics", [])]


def shown(synthesized: Synthesized) -> str:
    """Every metric as one line: namespace, name, dimensions, in words."""
    return "\n".join(" ".join(part for part in line if isinstance(part, str)) for line in metrics(body(synthesized)))


@pytest.fixture(scope="module")
def widgets(synthesized: Synthesized) -> list[dict[str, Any]]:
    return body(synthesized)


def test_a_stage_has_one_dashboard_named_by_it(synthesized: Synthesized, stage: str) -> None:
    (dashboard,) = synthesized.all("CloudWatch::Dashboard")
    assert dashboard["DashboardName"] == f"edgepost-{stage}"
    assert synthesized.template("Review").document["Outputs"]["DashboardName"]["Value"]


def test_every_alarm_of_every_stack_is_on_it(synthesized: Synthesized, widgets: list[dict[str, Any]]) -> None:
    on_it = {alarm for widget in widgets if widget["type"] == "alarm" for alarm in widget["properties"]["alarms"]}
    assert on_it == {
        f"<{stack}/{name}>"
        for stack, template in synthesized.templates.items()
        for name in template.all("CloudWatch::Alarm")
    }


def test_alarms_stand_on_top_with_the_region_that_they_are_in(widgets: list[dict[str, Any]]) -> None:
    titles = [widget["properties"]["title"] for widget in widgets if widget["type"] == "alarm"]
    assert titles[0] == "Alarms: Edge, us-east-1"
    assert all(title.endswith(", ap-northeast-1") for title in titles[1:])
    assert {widget["type"] for widget in widgets[1 : len(titles) + 1]} == {"alarm"}


def test_the_edges_metrics_are_those_of_its_region(widgets: list[dict[str, Any]]) -> None:
    regions: dict[str, set[str]] = {}
    for line in metrics(widgets):
        if isinstance(line[0], str):
            options = line[-1] if isinstance(line[-1], dict) else {}
            regions.setdefault(line[0], set()).add(options.get("region", "here"))
    assert {namespace for namespace, found in regions.items() if found == {"us-east-1"}} == {
        "AWS/CloudFront",
        "AWS/WAFV2",
    }
    assert all(found == {"here"} for found in regions.values() if "us-east-1" not in found)


@pytest.mark.parametrize(
    "metric",
    [
        "AWS/CloudFront 5xxErrorRate DistributionId <Edge/Site",
        "AWS/WAFV2 BlockedRequests",
        "AWS/ApplicationELB TargetResponseTime LoadBalancer <Web/Front",
        "AWS/ApplicationELB UnHealthyHostCount LoadBalancer",
        "AWS/Lambda Duration FunctionName <Web/Blog",
        "Edgepost/Blog/{stage} database_unavailable",
        "AWS/ElastiCache EngineCPUUtilization CacheClusterId <Data/Cache",
        "AWS/ElastiCache DatabaseMemoryUsagePercentage CacheClusterId <Data/Cache",
        "AWS/ElastiCache Evictions CacheClusterId <Data/Cache",
        "AWS/ElastiCache CurrConnections CacheClusterId <Data/Cache",
        "AWS/ElastiCache ReplicationLag CacheClusterId <Data/Cache",
        "AWS/RDS CPUUtilization DBClusterIdentifier <Data/Database",
        "AWS/RDS ACUUtilization DBClusterIdentifier <Data/Database",
        "AWS/SQS ApproximateNumberOfMessagesVisible QueueName <Mail/Fifo",
        "AWS/SQS ApproximateAgeOfOldestMessage QueueName <Mail/Delay",
        "AWS/SQS ApproximateNumberOfMessagesVisible QueueName <Mail/StandardDeadLetters",
        "AWS/Lambda Errors FunctionName <Mail/DeliveryConsumer",
        "Edgepost/Mail/{stage} sent",
        "Edgepost/Mail/{stage} suppressed",
        "Edgepost/Mail/{stage} rejected",
        "Edgepost/Mail/{stage} throttled",
        "Edgepost/Mail/{stage} allowed_rate",
        "Edgepost/Mail/{stage} quota_used_percent",
        "AWS/SES Reputation.BounceRate",
        "AWS/SES Reputation.ComplaintRate",
    ],
)
def test_what_people_look_for_is_on_it(synthesized: Synthesized, stage: str, metric: str) -> None:
    assert metric.format(stage=stage) in shown(synthesized)


def test_what_a_stage_does_not_have_is_not_on_it(synthesized: Synthesized, stage: str) -> None:
    has = STAGES[stage]
    found = shown(synthesized)
    assert ("inbox_received" in found) is (has.inbox is not None)
    assert ("<Data/Sessions" in found) is (has.sessions is not None)
    assert ("CacheHitRate" in found) is ("OriginLatency" in found) is has.edge.additional_metrics


def test_each_node_of_redis_is_shown(synthesized: Synthesized, stage: str) -> None:
    nodes = {*re.findall(r"ReplicationLag CacheClusterId (\S+)", shown(synthesized))}
    cache = [node for node in nodes if "/Cache" in node]
    assert sorted(node[-4:] for node in cache) == [f"-{n:03}" for n in range(1, STAGES[stage].cache.replicas + 2)]


def test_how_long_each_queue_takes_to_drain_is_shown(widgets: list[dict[str, Any]]) -> None:
    headings = [widget["properties"].get("markdown", "") for widget in widgets]
    queues = [heading for heading in headings if heading.startswith("### SQS Queue")]
    drains = [widget for widget in widgets if widget["properties"].get("title") == "Time to drain"]
    assert len(drains) == len(queues) >= 4


def test_the_pace_stands_beside_the_rate_that_is_set_and_the_one_that_ses_allows(
    widgets: list[dict[str, Any]], stage: str
) -> None:
    (pace,) = [widget["properties"] for widget in widgets if widget["properties"].get("title") == "Pace, a second"]
    (limit,) = pace["annotations"]["horizontal"]
    assert limit["value"] == STAGES[stage].consumer.send_rate
    assert "sent / PERIOD(sent)" in json.dumps(pace["metrics"])
    assert "allowed_rate" in json.dumps(pace["metrics"])


def test_rates_of_bounces_and_complaints_are_drawn_beside_what_aws_reviews(
    widgets: list[dict[str, Any]], stage: str
) -> None:
    limits = {
        widget["properties"]["title"]: [line["value"] for line in widget["properties"]["annotations"]["horizontal"]]
        for widget in widgets
        if "rate, %" in widget["properties"].get("title", "")
    }
    feedback = STAGES[stage].feedback
    assert limits == {
        "Bounce rate, %": [feedback.bounce_review_percent, feedback.bounce_pause_percent],
        "Complaint rate, %": [feedback.complaint_review_percent, feedback.complaint_pause_percent],
    }


def test_a_dashboard_is_within_what_cloudwatch_takes(widgets: list[dict[str, Any]]) -> None:
    """500 widgets, 2,500 metrics ("CloudWatch service quotas")."""
    assert len(widgets) <= 500
    assert len(metrics(widgets)) <= 2500


def test_the_dashboard_keeps_nothing_from_being_changed_that_no_other_stack_reads(synthesized: Synthesized) -> None:
    (dashboard,) = synthesized.all("CloudWatch::Dashboard")
    exports = {*re.findall(r'"Fn::ImportValue": "([^"]+)"', json.dumps(dashboard))}
    told = outputs(synthesized)
    strong = {told[export, ""] for export in exports}
    web = json.dumps(synthesized.template("Web").document)
    read_by_web = {told[export, ""] for export in re.findall(r'"Fn::ImportValue": "([^"]+)"', web)}
    assert strong <= read_by_web
    assert '"Fn::GetStackOutput"' in json.dumps(dashboard)


def test_a_memcached_and_the_sessions_beside_it_are_shown() -> None:
    found = shown(synthesize_variant("memcached"))
    assert "AWS/ElastiCache CPUUtilization CacheClusterId <Data/Memcached" in found
    assert "ReplicationLag CacheClusterId <Data/Sessions" in found


def test_a_stage_at_home_in_us_east_1_is_shown_too() -> None:
    found = synthesize_variant("at home in us-east-1")
    titles = [widget["properties"]["title"] for widget in body(found) if widget["type"] == "alarm"]
    assert all(title.endswith(", us-east-1") for title in titles)
    assert "AWS/CloudFront 5xxErrorRate DistributionId <Edge/Site" in shown(found)


def test_a_stage_can_do_without() -> None:
    review = synthesize_variant("unwatched").template("Review")
    assert not review.all("CloudWatch::Dashboard")
    assert "DashboardName" not in review.document["Outputs"]
