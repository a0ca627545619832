import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from app import build
from mail_consumer.settings import Settings
from stacks.config import STAGES
from stacks.config_mail import DomainConfig, WarmUpConfig
from stacks.mail_delivery import EVENTS
from tests.stacks.synthesis import Template, new_app, refers_to, template_of
from tests.stacks.test_mail_queue import QUEUES

Grants = set[tuple[frozenset[str], frozenset[str]]]


def consumer(mail: Template) -> dict[str, Any]:
    return mail.one("Lambda::Function", Handler="mail_consumer.handler.handle")


def grants(mail: Template, role: str) -> Grants:
    """Actions, beside the logical ids of what they are allowed on, by all policies of a role."""
    policies = mail.all("IAM::Policy", Roles=[{"Ref": role}])
    return {
        (frozenset(listed(statement["Action"])), frozenset(refers_to(statement["Resource"]) - {"AWS::AccountId"}))
        for policy, statement in mail.allowed()
        if policy in policies
    }


def listed(value: str | Iterable[str]) -> Iterable[str]:
    return [value] if isinstance(value, str) else value


def grant(*actions: str, on: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(actions), frozenset(on)


def fed(mail: Template) -> list[str]:
    """The mappings that feed the consumer."""
    return [mail.named(f"Delivery{queue}", "Lambda::EventSourceMapping") for queue in QUEUES]


def test_the_consumer_may_do_what_it_needs_and_nothing_else(mail: Template) -> None:
    queues = [mail.named(f"{queue}Source", "SQS::Queue") for queue in QUEUES]
    dead_letters = [mail.named(f"{queue}DeadLetters", "SQS::Queue") for queue in QUEUES]
    deliveries, sending = (mail.named(f"Store{table}", "DynamoDB::Table") for table in ("Deliveries", "Sending"))
    sender = [*mail.all("SES::EmailIdentity"), *mail.all("SES::ConfigurationSet")]
    assert grants(mail, mail.named("DeliveryConsumerRole", "IAM::Role")) == {
        grant("logs:CreateLogStream", "logs:PutLogEvents", on=[mail.named("DeliveryConsumerLog", "Logs::LogGroup")]),
        grant("ses:SendEmail", "ses:SendRawEmail", on=sender),
        grant(
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ChangeMessageVisibility",
            on=queues,
        ),
        grant("sqs:SendMessage", on=dead_letters),
        grant(
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:PartiQLInsert",
            "dynamodb:PartiQLUpdate",
            on=[deliveries],
        ),
        grant("dynamodb:UpdateItem", on=[sending]),
        grant("dynamodb:BatchGetItem", on=[mail.named("StoreSuppressions", "DynamoDB::Table")]),
        grant("kms:GenerateMac", on=[mail.named("LinkKey", "KMS::Key")]),
        grant("s3:GetObject", on=[mail.named("StoreAttachments", "S3::Bucket")]),
        grant("lambda:UpdateEventSourceMapping", on=fed(mail)),
        grant("lambda:ListEventSourceMappings", on=[]),
    }


def test_the_consumer_sends_from_the_mail_domain_only(mail: Template, stage: str) -> None:
    (statement,) = (statement for _, statement in mail.allowed() if "ses:SendEmail" in statement["Action"])
    assert statement["Condition"] == {"StringLike": {"ses:FromAddress": f"*@{STAGES[stage].domain.domain}"}}


def test_the_consumer_may_send_to_sandbox_recipients() -> None:
    domain = DomainConfig(domain="example.com", sandbox_recipients=("a@example.net",))
    mail = template_of(build(new_app(), replace(STAGES["dev"], domain=domain)).mail)
    (statement,) = (statement for _, statement in mail.allowed() if "ses:SendEmail" in statement["Action"])
    assert {*mail.all("SES::EmailIdentity")} < refers_to(statement["Resource"])


@pytest.fixture(scope="module")
def with_everything() -> Template:
    """The mail path of a stage with a tenant and a warm-up."""
    stage = STAGES["prod"]
    warm_up = WarmUpConfig(start="2026-12-01", first_day=50, growth=2.0)
    config = replace(
        stage, domain=replace(stage.domain, tenant="shop"), consumer=replace(stage.consumer, warm_up=warm_up)
    )
    return template_of(build(new_app(), config).mail)


def test_the_consumer_sends_for_no_other_tenant(with_everything: Template) -> None:
    (statement,) = (statement for _, statement in with_everything.allowed() if "ses:SendEmail" in statement["Action"])
    assert statement["Condition"] == {
        "StringLike": {"ses:FromAddress": "*@example.com"},
        "StringEqualsIfExists": {"ses:TenantName": "shop"},
    }
    assert consumer(with_everything)["Environment"]["Variables"]["TENANT"] == "shop"


def test_the_consumer_knows_how_to_warm_up(with_everything: Template) -> None:
    told = consumer(with_everything)["Environment"]["Variables"]["WARM_UP"]
    assert json.loads(told) == {"start": "2026-12-01", "first_day": 50, "growth": 2.0}


def test_the_consumer_knows_its_settings(mail: Template, stage: str) -> None:
    config = STAGES[stage].consumer
    environment = consumer(mail)["Environment"]["Variables"]
    assert {name: value for name, value in environment.items() if isinstance(value, str)} == {
        "MAIL_DOMAIN": STAGES[stage].domain.domain,
        "SEND_RATE": str(config.send_rate),
        "MAX_ATTEMPTS": "5",
        "ON_UNDECIDED": "ask",
        "RECORD_DAYS": "30",
        "MAX_MAIL_BYTES": str(10 * 2**20),
        "SITE_URL": STAGES[stage].web.url,
        "TENANT": "",
        "WARM_UP": "",
    }


def test_the_consumer_understands_its_settings(mail: Template) -> None:
    variables = consumer(mail)["Environment"]["Variables"]
    texts = {name: value if isinstance(value, str) else "{}" for name, value in variables.items()}
    assert Settings.from_environment(texts).warm_up is None


@pytest.mark.parametrize(
    ("variable", "kind", "name"),
    [
        ("CONFIGURATION_SET", "SES::ConfigurationSet", "MailDomainSending"),
        ("DELIVERIES_TABLE", "DynamoDB::Table", "StoreDeliveries"),
        ("SENDING_TABLE", "DynamoDB::Table", "StoreSending"),
        ("SUPPRESSIONS_TABLE", "DynamoDB::Table", "StoreSuppressions"),
        ("ATTACHMENTS_BUCKET", "S3::Bucket", "StoreAttachments"),
    ],
)
def test_the_consumer_knows_its_resources(mail: Template, variable: str, kind: str, name: str) -> None:
    assert consumer(mail)["Environment"]["Variables"][variable] == {"Ref": mail.named(name, kind)}


def test_the_consumer_knows_the_key_that_signs_links(mail: Template) -> None:
    key = mail.named("LinkKey", "KMS::Key")
    assert consumer(mail)["Environment"]["Variables"]["UNSUBSCRIBE_KEY"] == {"Fn::GetAtt": [key, "Arn"]}


def test_the_key_that_signs_links_can_do_nothing_else(mail: Template) -> None:
    key = mail.all("KMS::Key")[mail.named("LinkKey", "KMS::Key")]
    assert (key["KeySpec"], key["KeyUsage"]) == ("HMAC_256", "GENERATE_VERIFY_MAC")
    (statement,) = key["KeyPolicy"]["Statement"]
    assert ":root" in str(statement["Principal"]["AWS"])


def test_the_consumer_knows_each_queue_by_its_arn(mail: Template) -> None:
    separator, parts = consumer(mail)["Environment"]["Variables"]["QUEUES"]["Fn::Join"]
    text = separator.join(part if isinstance(part, str) else "-".join(refers_to(part)) for part in parts)
    assert json.loads(text) == {
        mail.named(f"{queue}Source", "SQS::Queue"): {
            "url": mail.named(f"{queue}Source", "SQS::Queue"),
            "dead_letter_url": mail.named(f"{queue}DeadLetters", "SQS::Queue"),
        }
        for queue in QUEUES
    }


def test_the_consumer_has_the_time_and_memory_that_are_set(mail: Template, stage: str) -> None:
    config = STAGES[stage].consumer
    assert (consumer(mail)["Timeout"], consumer(mail)["MemorySize"]) == (config.timeout_seconds, config.memory_mib)


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_feeds_the_consumer(mail: Template, queue: str) -> None:
    arn = {"Fn::GetAtt": [mail.named(f"{queue}Source", "SQS::Queue"), "Arn"]}
    mapping = mail.one("Lambda::EventSourceMapping", EventSourceArn=arn)
    assert (
        mail.all("Lambda::EventSourceMapping")[mail.named(f"Delivery{queue}", "Lambda::EventSourceMapping")] == mapping
    )
    assert mapping["FunctionName"] == {"Ref": mail.named("DeliveryConsumerFunction", "Lambda::Function")}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 10
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_deploy_does_not_end_a_pause(mail: Template) -> None:
    assert not [mapping for mapping in mail.all("Lambda::EventSourceMapping").values() if "Enabled" in mapping]


def test_mappings_are_made_only_when_the_consumer_may_receive(mail: Template) -> None:
    role = mail.named("DeliveryConsumerRole", "IAM::Role")
    (policy,) = (
        name
        for name, statement in mail.allowed()
        if "sqs:ReceiveMessage" in statement["Action"] and mail.all("IAM::Policy")[name]["Roles"] == [{"Ref": role}]
    )
    assert policy in mail.resources[mail.named("DeliveryConsumerFunction", "Lambda::Function")]["DependsOn"]


@pytest.mark.parametrize("event", EVENTS)
def test_what_the_consumer_logs_is_counted(mail: Template, stage: str, event: str) -> None:
    log = {"Ref": mail.named("DeliveryConsumerLog", "Logs::LogGroup")}
    counter = mail.one("Logs::MetricFilter", LogGroupName=log, FilterPattern=f'{{ $.event = "{event}" }}')
    assert counter["MetricTransformations"] == [
        {"MetricName": event, "MetricNamespace": f"Edgepost/Mail/{stage}", "MetricValue": "1"}
    ]


def test_a_failing_consumer_raises_an_alarm(mail: Template, stage: str) -> None:
    alarm = mail.all("CloudWatch::Alarm")[mail.named("DeliveryConsumerFailing", "CloudWatch::Alarm")]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/Lambda", "Errors", "Sum")
    assert refers_to(alarm["Dimensions"]) == {mail.named("DeliveryConsumerFunction", "Lambda::Function")}
    assert alarm["Threshold"] == STAGES[stage].alarms.consumer_errors


def test_a_paused_consumer_raises_an_alarm_that_lasts_as_long_as_the_pause(mail: Template, stage: str) -> None:
    alarm = mail.one("CloudWatch::Alarm", MetricName="paused")
    assert alarm["Namespace"] == f"Edgepost/Mail/{stage}"
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["Period"] == 60 * STAGES[stage].consumer.resume_check_minutes
