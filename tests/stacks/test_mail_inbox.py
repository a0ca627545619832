import json
from typing import Any

import pytest

from mail_inbox.settings import Settings
from stacks.config import STAGES
from stacks.config_inbox import InboxConfig
from stacks.mail_inbox import EVENTS
from tests.stacks.synthesis import Template, refers_to, synthesize
from tests.stacks.test_mail_delivery import grant, grants
from tests.stacks.variants import synthesize_variant


@pytest.fixture(scope="module")
def mail() -> Template:
    """The mail path of a stage that receives, and has no routes."""
    return synthesize("prod").template("Mail")


@pytest.fixture(scope="module")
def receiving() -> Template:
    """The mail path of a stage with a route to an address and one to a topic."""
    return synthesize_variant("receiving").template("Mail")


def inbox(stage: str) -> InboxConfig:
    found = STAGES[stage].inbox
    assert found
    return found


def function(mail: Template) -> dict[str, Any]:
    return mail.one("Lambda::Function", Handler="mail_inbox.handler.handle")


def settings(mail: Template) -> Settings:
    """What the function reads, with names in the place of what only a deploy knows."""
    variables = function(mail)["Environment"]["Variables"]
    return Settings.from_environment({name: resolved(value) for name, value in variables.items()})


def resolved(value: object) -> str:
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(resolved, parts))  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return "-".join(refers_to(value))


def test_a_stage_without_an_inbox_has_nothing_of_it() -> None:
    dev = synthesize("dev").template("Mail")
    assert not [name for name in dev.resources if name.startswith("Inbox")]
    assert not dev.all("SES::ReceiptRule")


def test_mails_are_kept_in_a_private_bucket_of_their_own(mail: Template) -> None:
    bucket = mail.all("S3::Bucket")[mail.named("InboxMails", "S3::Bucket")]
    assert {*bucket["PublicAccessBlockConfiguration"].values()} == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    (expiry,) = bucket["LifecycleConfiguration"]["Rules"]
    assert expiry["ExpirationInDays"] == inbox("prod").keep_days


def test_records_are_found_by_id_and_expire(mail: Template) -> None:
    received = mail.all("DynamoDB::Table")[mail.named("InboxReceived", "DynamoDB::Table")]
    assert received["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert received["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def inbox_grants(mail: Template, *more_queues: str) -> set[tuple[frozenset[str], frozenset[str]]]:
    """What the function may do in every stage, and on which queues beside its dead letters it may put messages."""
    source, dead_letters = (mail.named(f"InboxEventsQueue{kind}", "SQS::Queue") for kind in ("Source", "DeadLetters"))
    bucket = mail.named("InboxMails", "S3::Bucket")
    return {
        grant("logs:CreateLogStream", "logs:PutLogEvents", on=[mail.named("InboxFunctionLog", "Logs::LogGroup")]),
        grant("dynamodb:UpdateItem", on=[mail.named("InboxReceived", "DynamoDB::Table")]),
        grant("s3:ListBucket", on=[bucket]),
        grant("s3:GetObject", on=[bucket]),
        grant("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", on=[source]),
        grant("sqs:SendMessage", on=[dead_letters, *more_queues]),
    }


def test_without_routes_the_function_only_reads_and_records(mail: Template) -> None:
    assert grants(mail, mail.named("InboxFunctionRole", "IAM::Role")) == inbox_grants(mail)


def test_with_routes_the_function_may_queue_mails_and_publish_and_nothing_else(receiving: Template) -> None:
    queue = receiving.named("StandardSource", "SQS::Queue")
    more = {
        grant("s3:PutObject", on=[receiving.named("StoreAttachments", "S3::Bucket")]),
        grant("sns:Publish", on=[receiving.named("InboxRoute", "SNS::Topic")]),
        grant("kms:GenerateDataKey", "kms:Decrypt", on=[receiving.named("EventsKey", "KMS::Key")]),
    }
    assert grants(receiving, receiving.named("InboxFunctionRole", "IAM::Role")) == inbox_grants(receiving, queue) | more


def test_the_function_reads_and_writes_only_below_the_keys_that_are_for_it(receiving: Template) -> None:
    objects = {
        statement["Action"]: statement["Resource"]["Fn::Join"][1]
        for _, statement in receiving.allowed()
        if str(statement["Action"]).startswith("s3:") and "Fn::Join" in statement["Resource"]
        if refers_to(statement["Resource"]) == {receiving.named("InboxMails", "S3::Bucket")}
        or statement["Action"] == "s3:PutObject"
    }
    assert {action: parts[-1] for action, parts in objects.items()} == {
        "s3:GetObject": "/received/*",
        "s3:PutObject": "/inbox/*",
    }


def test_the_function_knows_its_resources(mail: Template) -> None:
    variables = function(mail)["Environment"]["Variables"]
    assert variables["RECEIVED_TABLE"] == {"Ref": mail.named("InboxReceived", "DynamoDB::Table")}
    assert variables["INBOX_BUCKET"] == {"Ref": mail.named("InboxMails", "S3::Bucket")}
    assert variables["ATTACHMENTS_BUCKET"] == {"Ref": mail.named("StoreAttachments", "S3::Bucket")}
    assert variables["MAIL_QUEUE_URL"] == {"Ref": mail.named("StandardSource", "SQS::Queue")}
    assert variables["DEAD_LETTER_URL"] == {"Ref": mail.named("InboxEventsQueueDeadLetters", "SQS::Queue")}


def test_the_function_understands_its_settings(mail: Template) -> None:
    known = settings(mail)
    assert (known.mail_domain, known.receiving_domains) == ("example.com", {"in.example.com"})
    assert known.routes == ()
    assert known.verdicts.of({"spam": "FAIL"})[0] == "quarantine"
    assert known.verdicts.of({"virus": "FAIL"})[0] == "drop"
    assert known.verdicts.of({"spf": "FAIL", "dkim": "FAIL"})[0] == "accept"
    assert known.record_days == inbox("prod").record_days
    assert known.max_forward_bytes == 10 * 2**20 - 16 * 2**10


def test_the_function_knows_its_routes(receiving: Template) -> None:
    hello, orders = settings(receiving).routes
    assert settings(receiving).receiving_domains == {"in.dev.example.com", "dev.example.com"}
    assert (hello.name, hello.recipients, hello.forward_to) == ("hello", ("hello@dev.example.com",), ("a@example.net",))
    assert hello.topic_arn == ""
    assert (orders.name, orders.recipients, orders.forward_to) == ("new-orders", ("*@in.dev.example.com",), ())
    assert orders.topic_arn == receiving.named("InboxRoute", "SNS::Topic")


def test_a_route_has_an_encrypted_topic_that_people_find(receiving: Template) -> None:
    topic = receiving.named("InboxRoute", "SNS::Topic")
    assert refers_to(receiving.all("SNS::Topic")[topic]["KmsMasterKeyId"]) == {receiving.named("EventsKey", "KMS::Key")}
    (policy,) = (each for each in receiving.all("SNS::TopicPolicy").values() if each["Topics"] == [{"Ref": topic}])
    (denied,) = policy["PolicyDocument"]["Statement"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert receiving.document["Outputs"]["RouteTopicNewOrders"]["Value"] == {"Ref": topic}


def test_the_function_has_the_time_and_memory_that_are_set(mail: Template) -> None:
    config = inbox("prod")
    assert (function(mail)["Timeout"], function(mail)["MemorySize"]) == (config.timeout_seconds, config.memory_mib)
    queue = mail.all("SQS::Queue")[mail.named("InboxEventsQueueSource", "SQS::Queue")]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == config.max_receive_count


@pytest.mark.parametrize("event", EVENTS)
def test_what_the_function_logs_is_counted(mail: Template, event: str) -> None:
    log = {"Ref": mail.named("InboxFunctionLog", "Logs::LogGroup")}
    counter = mail.one("Logs::MetricFilter", LogGroupName=log, FilterPattern=f'{{ $.event = "{event}" }}')
    assert counter["MetricTransformations"] == [
        {"MetricName": f"inbox_{event}", "MetricNamespace": "Edgepost/Mail/prod", "MetricValue": "1"}
    ]


def test_a_failing_function_and_mails_that_wait_or_are_given_up_raise_alarms(mail: Template) -> None:
    alarms = mail.all("CloudWatch::Alarm")
    watched = {
        "InboxFunctionFailing": mail.named("InboxFunction", "Lambda::Function"),
        "InboxEventsQueueDeadLettersWaiting": mail.named("InboxEventsQueueDeadLetters", "SQS::Queue"),
        "InboxEventsQueueOldestMessageTooOld": mail.named("InboxEventsQueueSource", "SQS::Queue"),
    }
    for name, resource in watched.items():
        assert refers_to(alarms[mail.named(name, "CloudWatch::Alarm")]["Dimensions"]) == {resource}


def test_verdicts_are_settings(receiving: Template) -> None:
    assert json.loads(function(receiving)["Environment"]["Variables"]["VERDICTS"])["spam"] == "drop"
