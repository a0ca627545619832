from graphlib import TopologicalSorter

import pytest

from app import STATEFUL
from stacks.config import STAGES
from tests.stacks.synthesis import STACKS, Synthesized, Template, refers_to

# A new logical id is a new resource: what the old one holds is lost or left behind. Change one only with a migration.
FROZEN = {
    "Network": {"FlowsDC6392D4"},
    "Alarms": {"Key961B73FD"},
    "Mail": {
        "DelayDeadLetters24EAD942",
        "DelaySource29E54188",
        "DeliveryConsumerLog1D40ECD0",
        "EventsKeyB314AFD5",
        "FeedbackEventsQueueDeadLetters0AA12E15",
        "FeedbackEventsQueueSourceC76AE659",
        "FeedbackFunctionLog0643A407",
        "FifoDeadLetters33B26493",
        "FifoSource0B4254B3",
        "LinkKey27470AF7",
        "MailDomainIdentityE0A4BAAC",
        "MailDomainZoneE9C893D8",
        "QuotaCheckLog4628A9DB",
        "ResumeCheckLog6615D983",
        "StandardDeadLettersF03BDE93",
        "StandardSource221D5E63",
        "StoreAttachmentsFAD9D1C2",
        "StoreDeliveriesCB0C3543",
        "StoreSending4B067A97",
        "StoreSuppressions3DACE6A7",
    },
    "Data": {
        "CacheEngineLogFEAEB291",
        "CacheReplicationGroupBFE59FF3",
        "CacheSlowLog43E55961",
        "DatabaseClusterC6094C50",
        "DatabaseLogCF7B0BC9",
        "DatabaseWriter2C00925F",
        "MigrationFunctionLogEB201622",
    },
    "Web": {
        "BlogApplicationLogA3D8FC4F",
        "ConsoleFunctionLog47CC7FA8",
        "EdgeLogsBucket6CF30C5E",
        "FrontAccessLogs3CB9388F",
        "UnsubscribeFunctionLog80963530",
    },
    "Edge": {"Key961B73FD", "WebAclLog4028F6F7"},
    "Review": {"QueriesResultsB9A74B2C", "ReviewFunctionLog425F34F7"},
}
# What prod has beside that: an inbox, a reader of the database, and Redis for sessions.
FROZEN_IN_PROD = {
    "Mail": {
        "InboxEventsQueueDeadLetters4AB69D59",
        "InboxEventsQueueSource2960492B",
        "InboxFunctionLog7A5DC397",
        "InboxMails3021F4EE",
        "InboxReceived08CBDF1E",
        "InboxRulesActivationLog5D54F71E",
    },
    "Data": {
        "DatabaseReader1B843ECF4",
        "SessionsEngineLog791B39B2",
        "SessionsReplicationGroupB1D76F8C",
        "SessionsSlowLog71C24391",
    },
}
# Properties that would give a resource a name of our choice.
NAMES = {
    "Athena::WorkGroup": "Name",
    "CloudWatch::Alarm": "AlarmName",
    "DynamoDB::Table": "TableName",
    "EC2::SecurityGroup": "GroupName",
    "ElasticLoadBalancingV2::LoadBalancer": "Name",
    "ElasticLoadBalancingV2::TargetGroup": "Name",
    "IAM::Role": "RoleName",
    "KMS::Alias": "AliasName",
    "Lambda::Function": "FunctionName",
    "Logs::LogGroup": "LogGroupName",
    "Logs::MetricFilter": "FilterName",
    "RDS::DBCluster": "DBClusterIdentifier",
    "RDS::DBInstance": "DBInstanceIdentifier",
    "S3::Bucket": "BucketName",
    "SES::ConfigurationSet": "Name",
    "SNS::Topic": "TopicName",
    "SQS::Queue": "QueueName",
    "Logs::DeliveryDestination": "Name",
    "Logs::DeliverySource": "Name",
    "Logs::ResourcePolicy": "PolicyName",
    "WAFv2::WebACL": "Name",
    "Scheduler::Schedule": "Name",
}


def stateful(template: Template) -> set[str]:
    return {name for name, resource in template.resources.items() if resource["Type"] in STATEFUL}


@pytest.mark.parametrize("stack", FROZEN)
def test_what_holds_data_keeps_its_logical_id(synthesized: Synthesized, stage: str, stack: str) -> None:
    more = FROZEN_IN_PROD.get(stack, set()) if stage == "prod" else set[str]()
    assert stateful(synthesized.template(stack)) == FROZEN[stack] | more


def test_a_protected_stage_keeps_what_holds_data(synthesized: Synthesized, stage: str) -> None:
    expected = {True: "Retain", False: "Delete"}[STAGES[stage].protected]
    for template in synthesized.templates.values():
        for name in stateful(template):
            assert template.resources[name]["DeletionPolicy"] == expected
            assert template.resources[name]["UpdateReplacePolicy"] == expected


def test_stacks_of_a_protected_stage_cannot_be_deleted(synthesized: Synthesized, stage: str) -> None:
    for stack in STACKS:
        assert synthesized.stack(stack).get("terminationProtection", False) is STAGES[stage].protected


def test_stacks_are_named_by_stage(synthesized: Synthesized, stage: str) -> None:
    names = [synthesized.stack(stack)["stackName"] for stack in STACKS]
    parts = ("network", "alarms", "mail", "data", "web", "edge", "review")
    assert names == [f"edgepost-{stage}-{part}" for part in parts]


def test_no_resource_waits_for_itself(synthesized: Synthesized) -> None:
    for template in synthesized.templates.values():
        needs = {
            name: (refers_to(resource) | {*resource.get("DependsOn", [])}) & {*template.resources}
            for name, resource in template.resources.items()
        }
        assert {*TopologicalSorter(needs).static_order()} == {*template.resources}


def test_only_what_has_to_has_a_name_of_our_choice(synthesized: Synthesized, stage: str) -> None:
    named = {
        properties[name] for kind, name in NAMES.items() for properties in synthesized.all(kind) if name in properties
    }
    inbox = {f"edgepost-{stage}-mail-inbox"} if STAGES[stage].inbox else set[str]()
    assert named == inbox | {
        f"/aws/rds/cluster/edgepost-{stage}/postgresql",
        f"aws-waf-logs-edgepost-{stage}",
        f"edgepost-{stage}",
        *(
            f"edgepost-{stage}-{name}"
            for name in ("mail", "mail.fifo", "mail-delay", "mail-feedback", "blog", "unsubscribe", "cdn", "review")
        ),
    }


def test_what_is_named_in_the_whole_account_has_the_stage_in_its_name(edge: Template, stage: str) -> None:
    for kind, part in (
        ("CachePolicy", "CachePolicyConfig"),
        ("OriginRequestPolicy", "OriginRequestPolicyConfig"),
        ("ResponseHeadersPolicy", "ResponseHeadersPolicyConfig"),
        ("VpcOrigin", "VpcOriginEndpointConfig"),
    ):
        names = [properties[part]["Name"] for properties in edge.all(f"CloudFront::{kind}").values()]
        assert len({*names}) == len(names) > 0
        assert all(name.replace("-", "").startswith(f"edgepost{stage}") for name in names)


def test_every_alarm_tells_the_alarm_topic_of_its_region(synthesized: Synthesized) -> None:
    for stack, template in synthesized.templates.items():
        home = stack if stack == "Edge" else "Alarms"
        (topic,) = synthesized.template(home).all("SNS::Topic")
        for alarm in template.all("CloudWatch::Alarm").values():
            assert synthesized.origins(stack, alarm["AlarmActions"]) == {f"{home}/{topic}"}


def test_silence_is_an_alarm_where_something_tells_all_the_time(synthesized: Synthesized, stage: str) -> None:
    config = STAGES[stage]
    nodes = sum(1 + each.replicas for each in (config.cache, config.sessions) if each)
    instances = 1 + config.database.readers if config.database.min_capacity else 0
    silent = [
        (alarm["Namespace"], alarm["MetricName"])
        for alarm in synthesized.all("CloudWatch::Alarm")
        if alarm["TreatMissingData"] != "notBreaching"
    ]
    of_nodes, of_instances = ("AWS/ElastiCache", "CPUUtilization"), ("AWS/RDS", "CPUUtilization")
    of_checks = (config.mail_metrics, "quota_used_percent")
    assert sorted(silent) == [of_nodes] * nodes + [of_instances] * instances + [of_checks]


def test_no_function_is_there_but_ours(synthesized: Synthesized, stage: str) -> None:
    inbox = ["mail_inbox.activation.handle", "mail_inbox.handler.handle"] if STAGES[stage].inbox else []
    assert sorted(function["Handler"] for function in synthesized.all("Lambda::Function")) == [
        "blog.handler.handle",
        "blog_schema.handler.handle",
        "mail_consumer.handler.handle",
        "mail_consumer.resume.handle",
        "mail_feedback.handler.handle",
        *inbox,
        "mail_quota.handler.handle",
        "mail_unsubscribe.handler.handle",
        "redis_console.handler.handle",
        "ttl_review.handler.handle",
    ]


def test_no_policy_allows_actions_by_wildcard(synthesized: Synthesized) -> None:
    for template in synthesized.templates.values():
        for _, statement in template.allowed():
            assert "*" not in str(statement["Action"])
            assert "NotAction" not in statement
