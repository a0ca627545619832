"""What takes more than one setting to see: rules, lists and resources that belong together."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from review.model import Differences, Finding
from review.risks import alarms, data_loss, encryption, iam, mail_records, network, queues, security_groups
from review.risks.comparison import Comparison
from review.sides import Side, Template

Find = Callable[[Comparison], Iterable[Finding]]
Resources = dict[str, Any]


def of(kind: str, **properties: object) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def side(resources: Resources) -> Side:
    return Side({("dev", "Any"): Template("dev", "Any", "eu-west-1", {"Resources": resources})})


def rules(find: Find, before: Resources, after: Resources) -> list[tuple[str, str]]:
    comparison = Comparison(side(before), side(after), Differences())
    return sorted((finding.rule, finding.severity.value) for finding in find(comparison))


def group(*ingress: dict[str, Any], egress: list[dict[str, Any]] | None = None) -> Resources:
    properties = {"SecurityGroupIngress": [*ingress]} | ({} if egress is None else {"SecurityGroupEgress": egress})
    return {"G": of("EC2::SecurityGroup", **properties)}


def rule(peer: str, lowest: int = 443, highest: int = 443, protocol: str = "tcp") -> dict[str, Any]:
    return {"CidrIp": peer, "FromPort": lowest, "ToPort": highest, "IpProtocol": protocol}


NOTHING = [rule("255.255.255.255/32")]
APART = {"R": of("EC2::SecurityGroupIngress", GroupId={"Fn::GetAtt": ["G", "GroupId"]}, **rule("10.0.0.0/8"))}
GROUPS: list[tuple[Resources, Resources, list[tuple[str, str]]]] = [
    (group(rule("10.0.0.0/8")), group(rule("10.1.0.0/16")), []),
    (group(rule("10.1.0.0/16")), group(rule("10.0.0.0/8")), [("network-opened", "high")]),
    (group(rule("10.0.0.0/8", 0, 9000)), group(rule("10.0.0.0/8")), []),
    (group(rule("10.0.0.0/8")), group(rule("10.0.0.0/8", protocol="6")), []),
    (group(rule("10.0.0.0/8")), group(rule("10.0.0.0/8", protocol="udp")), [("network-opened", "high")]),
    (group(rule("10.0.0.0/8", protocol="-1")), group(rule("10.0.0.0/8")), []),
    (group(rule("10.0.0.0/8")), group(rule("10.0.0.0/8", protocol="-1")), [("network-opened", "high")]),
    (group(rule("10.0.0.0/8")), group() | APART, []),
    (group(rule("0.0.0.0/0")), group(rule("10.0.0.0/8")), []),
    (group(), group({"CidrIpv6": "::/0", "IpProtocol": "-1"}), [("network-opened", "critical")]),
    ({}, group(rule("10.0.0.0/8"), egress=NOTHING), []),
    ({}, group(rule("0.0.0.0/0"), egress=NOTHING), [("network-opened", "critical")]),
    ({}, group(), [("network-opened", "medium")]),
    (group(egress=NOTHING), group(), []),
    (group(egress=NOTHING), group(egress=[rule("0.0.0.0/0")]), [("network-opened", "high")]),
    (group(egress=NOTHING), group(egress=[{"DestinationSecurityGroupId": "sg", "IpProtocol": "tcp"}]),
     [("network-opened", "low")]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), GROUPS)
def test_a_security_group_is_opened_by_what_no_rule_let_through(
    before: Resources, after: Resources, expected: list[tuple[str, str]]
) -> None:
    assert rules(security_groups.find, before, after) == expected


def alarm(**properties: object) -> Resources:
    usual = {
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 5,
        "EvaluationPeriods": 1,
        "Period": 60,
    }
    return {"A": of("CloudWatch::Alarm", **(usual | properties))}


TOPIC = {"T": of("SNS::Topic")}
SUBSCRIBED = {"S": of("SNS::Subscription", TopicArn={"Ref": "T"}, Protocol="email", Endpoint="a@b.c")}
BLUNT = [("alarm-blunted", "medium")]
WATCHED = {"MetricName": "M", "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Q", "QueueName"]}}]}
COUNTED = {"F": of("Logs::MetricFilter", MetricTransformations=[{"MetricName": "m", "MetricNamespace": "n"}])}
ON_COUNTED = alarm(Namespace="n", MetricName="m")
TELLS = alarm(AlarmActions=[{"Ref": "T"}])
ALARMS: list[tuple[Resources, Resources, list[tuple[str, str]]]] = [
    (alarm(), alarm(Threshold=6), BLUNT),
    (alarm(), alarm(Threshold=4), []),
    (alarm(), alarm(ComparisonOperator="GreaterThanThreshold"), BLUNT),
    (alarm(), alarm(ComparisonOperator="GreaterThanThreshold", Threshold=4), []),
    (alarm(), alarm(ComparisonOperator="LessThanThreshold"), BLUNT),
    (alarm(ComparisonOperator="LessThanThreshold"), alarm(ComparisonOperator="LessThanThreshold", Threshold=4), BLUNT),
    (alarm(ComparisonOperator="LessThanThreshold"), alarm(ComparisonOperator="LessThanThreshold", Threshold=6), []),
    (alarm(Period=300), alarm(Period=60, EvaluationPeriods=5), []),
    (alarm(Period=300), alarm(Period=300, EvaluationPeriods=5), BLUNT),
    (alarm(EvaluationPeriods=3), alarm(EvaluationPeriods=3, DatapointsToAlarm=2), []),
    (alarm(Statistic="Maximum"), alarm(Statistic="Average"), BLUNT),
    (TOPIC | TELLS, TOPIC | alarm(AlarmActions=[{"Fn::Sub": "${T}"}]), []),
    (TOPIC | TELLS, TOPIC | alarm(), [("alarm-unheard", "high")]),
    (TOPIC | TELLS | SUBSCRIBED, TOPIC | TELLS, [("alarm-unheard", "high")]),
    (TOPIC | SUBSCRIBED, TOPIC, []),
    (TOPIC | TELLS | SUBSCRIBED, TOPIC | TELLS | {"Other": SUBSCRIBED["S"]}, []),
    ({"Q": of("SQS::Queue")} | alarm(**WATCHED), {}, []),
    ({"Q": of("SQS::Queue")} | alarm(**WATCHED), {"Q": of("SQS::Queue")}, [("alarm-removed", "high")]),
    (COUNTED | ON_COUNTED, ON_COUNTED, [("alarm-blind", "high")]),
    (COUNTED | ON_COUNTED, ON_COUNTED | {"Other": COUNTED["F"]}, []),
]


@pytest.mark.parametrize(("before", "after", "expected"), ALARMS)
def test_an_alarm_is_blunted_by_what_makes_it_ring_later_or_for_nobody(
    before: Resources, after: Resources, expected: list[tuple[str, str]]
) -> None:
    assert rules(alarms.find, before, after) == expected


QUEUE, FUNCTION = {"Q": of("SQS::Queue", VisibilityTimeout=60)}, {"F": of("Lambda::Function", Timeout=10)}
READER = {"M": of("Lambda::EventSourceMapping", EventSourceArn={"Fn::GetAtt": ["Q", "Arn"]}, FunctionName={"Ref": "F"})}
ALL = QUEUE | FUNCTION | READER


def expiry(**rule: object) -> Resources:
    return {"B": of("S3::Bucket", LifecycleConfiguration={"Rules": [{"Status": "Enabled", **rule}]})}


def origin(**how: object) -> Resources:
    origins = [{"Id": "o", "CustomOriginConfig": how}]
    return {"D": of("CloudFront::Distribution", DistributionConfig={"Origins": origins})}


def answering(*conditions: str) -> Resources:
    return {"L": of("ElasticLoadBalancingV2::ListenerRule", Conditions=[{"Field": one} for one in conditions])}


def limited(to: int) -> Resources:
    rule = {"Name": "r", "Statement": {"RateBasedStatement": {"Limit": to}}}
    return {"W": of("WAFv2::WebACL", Rules=[rule])}


def record(text: str) -> Resources:
    return {"R": of("Route53::RecordSet", Name="a.b", Type="TXT", ResourceRecords=[f'"{text}"'])}


def encrypted(**values: object) -> Resources:
    return {"Q": of("SQS::Queue", **values)}


def policy(*statements: dict[str, Any]) -> Resources:
    return {"P": of("Logs::ResourcePolicy", PolicyDocument={"Fn::Sub": json.dumps({"Statement": statements})})}


def attached(*statements: dict[str, Any], to: str = "R") -> Resources:
    role = of("IAM::Role", ManagedPolicyArns=[{"Ref": "P"}] if to == "R" else [])
    return {"R": role, "P": of("IAM::ManagedPolicy", PolicyDocument={"Statement": [*statements]})}


PUT = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "x"}

FAMILIES: list[tuple[Find, Resources, Resources, list[tuple[str, str]]]] = [
    (queues.find, ALL, QUEUE | FUNCTION, [("reader-removed", "high")]),
    (queues.find, ALL, FUNCTION, []),
    (queues.find, ALL, QUEUE | FUNCTION | {"Other": READER["M"]}, []),
    (queues.find, ALL, ALL | {"F": of("Lambda::Function", Timeout=11)}, [("visibility-too-short", "medium")]),
    (queues.find, ALL, ALL | {"F": of("Lambda::Function", Timeout=61)}, [("visibility-below-timeout", "high")]),
    (queues.find, ALL | {"Q": of("SQS::Queue", VisibilityTimeout=59)}, ALL, []),
    (queues.find, QUEUE, ALL | {"F": of("Lambda::Function", Timeout=61)}, [("visibility-below-timeout", "high")]),
    (data_loss.find, {"B": of("S3::Bucket")}, expiry(ExpirationInDays=30), [("expiry-added", "high")]),
    (data_loss.find, expiry(ExpirationInDays=30), expiry(ExpirationInDays=30, Prefix="logs/"), []),
    (data_loss.find, expiry(ExpirationInDays=30, Prefix="logs/"), expiry(ExpirationInDays=30),
     [("expiry-added", "high")]),
    (data_loss.find, expiry(ExpirationInDays=30), expiry(ExpirationInDays=30, Id="named"), []),
    (data_loss.find, expiry(NoncurrentVersionExpiration={"NoncurrentDays": 9}),
     expiry(NoncurrentVersionExpiration={"NoncurrentDays": 3}), [("expiry-added", "high")]),
    (encryption.find, origin(OriginProtocolPolicy="https-only"), origin(OriginProtocolPolicy="http-only"),
     [("tls-weakened", "high")]),
    (encryption.find, encrypted(KmsMasterKeyId="k"), encrypted(), [("encryption-weakened", "high")]),
    (encryption.find, encrypted(), encrypted(KmsMasterKeyId="k", SqsManagedSseEnabled=False), []),
    (network.find, answering("path-pattern", "http-header"), answering("path-pattern"),
     [("protection-weakened", "high")]),
    (network.find, answering("path-pattern"), answering("path-pattern", "http-header"), []),
    (network.find, limited(100), limited(1000), [("protection-weakened", "medium")]),
    (network.find, limited(1000), limited(100), []),
    (network.find, {}, {"L": of("ElasticLoadBalancingV2::LoadBalancer")}, [("public-access", "high")]),
    (network.find, {}, {"L": of("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal")}, []),
    (network.find, {}, {"B": of("S3::Bucket", AccessControl="PublicRead")}, [("public-access", "critical")]),
    (mail_records.find, record("v=spf1 include:a -all"), record("v=spf1 include:a ~all"),
     [("mail-authentication-weakened", "high")]),
    (mail_records.find, record("v=spf1 include:a ~all"), record("v=spf1 include:b -all"), []),
    (mail_records.find, record("v=DMARC1; p=reject; sp=none"), {}, [("mail-authentication-weakened", "high")]),
    (mail_records.find, record("v=DMARC1; p=reject"), {"Moved": record("v=DMARC1; p=reject")["R"]}, []),
    (mail_records.find, record("anything else"), {}, []),
    (iam.find, attached(PUT), attached(PUT, PUT | {"Action": "s3:GetObject"}), [("iam-widened", "medium")]),
    (iam.find, attached(PUT, to="nobody"), attached(PUT), [("iam-widened", "medium")]),
    (iam.find, attached(PUT), attached(PUT, {"Fn::If": ["C", PUT | {"Action": "*"}, {"Ref": "AWS::NoValue"}]}),
     [("iam-widened", "high")]),
    (iam.find, attached(PUT), attached({"Fn::If": ["C", PUT, {"Ref": "AWS::NoValue"}]}), []),
    (iam.find, attached(PUT), {"R": of("IAM::Role", Policies=[{"PolicyDocument": {"Statement": PUT}}])}, []),
    (iam.find, policy({"Effect": "Allow", "Principal": {"Service": "a"}, "Action": "logs:Put*", "Resource": "x"}),
     policy({"Effect": "Allow", "Principal": "*", "Action": "logs:Put*", "Resource": "x"}),
     [("iam-widened", "critical")]),
]  # fmt: skip


@pytest.mark.parametrize(("find", "before", "after", "expected"), FAMILIES)
def test_each_family_finds_its_own_and_nothing_else(
    find: Find, before: Resources, after: Resources, expected: list[tuple[str, str]]
) -> None:
    assert rules(find, before, after) == expected


@pytest.mark.parametrize(("find", "before", "after", "expected"), FAMILIES)
def test_what_has_not_changed_is_never_reported(
    find: Find, before: Resources, after: Resources, expected: list[tuple[str, str]]
) -> None:
    assert rules(find, before, before) == rules(find, after, after) == [] != [expected]
