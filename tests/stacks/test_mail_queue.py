from dataclasses import replace

import pytest
from aws_cdk import Stack

from stacks.config import STAGES
from stacks.config_mail import QueueConfig
from stacks.mail_queue import MailQueue
from tests.stacks.synthesis import Template, new_app, refers_to, template_of

QUEUES = ("Standard", "Fifo", "Delay")
# Those that SES's events come through, by the beginning of their logical ids.
EVENT_QUEUES = {True: ("FeedbackEventsQueue", "InboxEventsQueue"), False: ("FeedbackEventsQueue",)}
SUFFIXES = {"Standard": "mail", "Fifo": "mail.fifo", "Delay": "mail-delay"}
FOURTEEN_DAYS = 14 * 24 * 3600


def source(mail: Template, queue: str) -> dict[str, object]:
    return mail.all("SQS::Queue")[mail.named(f"{queue}Source", "SQS::Queue")]


def dead_letters(mail: Template, queue: str) -> dict[str, object]:
    return mail.all("SQS::Queue")[mail.named(f"{queue}DeadLetters", "SQS::Queue")]


def test_there_are_three_queues_for_requests_and_one_for_each_kind_of_event_each_with_dead_letters(
    mail: Template, stage: str
) -> None:
    queues = (*QUEUES, *EVENT_QUEUES[STAGES[stage].inbox is not None])
    assert {mail.named(f"{queue}{part}", "SQS::Queue") for queue in queues for part in ("Source", "DeadLetters")} == {
        *mail.all("SQS::Queue")
    }


@pytest.mark.parametrize("queue", QUEUES)
def test_only_source_queues_have_names_of_their_own(mail: Template, stage: str, queue: str) -> None:
    assert source(mail, queue)["QueueName"] == f"edgepost-{stage}-{SUFFIXES[queue]}"
    assert "QueueName" not in dead_letters(mail, queue)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_source_moves_to_its_own_dead_letters_only_as_a_net(mail: Template, queue: str) -> None:
    assert source(mail, queue)["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [mail.named(f"{queue}DeadLetters", "SQS::Queue"), "Arn"]},
        "maxReceiveCount": 100,
    }


@pytest.mark.parametrize("queue", QUEUES)
def test_nobody_uses_a_source_as_a_dead_letter_queue(mail: Template, queue: str) -> None:
    assert source(mail, queue)["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}


@pytest.mark.parametrize("queue", QUEUES)
def test_dead_letters_come_from_their_own_source_only(mail: Template, stage: str, queue: str) -> None:
    arn = ["arn:aws:sqs:ap-northeast-1:", {"Ref": "AWS::AccountId"}, f":edgepost-{stage}-{SUFFIXES[queue]}"]
    assert dead_letters(mail, queue)["RedriveAllowPolicy"] == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [{"Fn::Join": ["", arn]}],
    }


def test_receives_poll_for_twenty_seconds(mail: Template) -> None:
    assert {queue["ReceiveMessageWaitTimeSeconds"] for queue in mail.all("SQS::Queue").values()} == {20}


def test_queues_are_encrypted(mail: Template) -> None:
    assert all(queue["SqsManagedSseEnabled"] is True for queue in mail.all("SQS::Queue").values())


def test_every_queue_is_reached_over_tls_only(mail: Template) -> None:
    protected = {
        policy["Queues"][0]["Ref"]
        for policy in mail.all("SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Action"] == "sqs:*"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        and refers_to(statement["Resource"]) == {policy["Queues"][0]["Ref"]}
    }
    assert protected == {*mail.all("SQS::Queue")}


def test_the_policies_of_queues_for_requests_allow_nobody_anything(mail: Template) -> None:
    statements = [
        statement
        for policy in mail.all("SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if policy["Queues"][0]["Ref"].startswith(QUEUES)
    ]
    assert len(statements) == 2 * len(QUEUES)
    assert {statement["Effect"] for statement in statements} == {"Deny"}


@pytest.mark.parametrize("queue", QUEUES)
def test_a_message_stays_hidden_for_six_times_the_functions_timeout(mail: Template, stage: str, queue: str) -> None:
    assert source(mail, queue)["VisibilityTimeout"] == 6 * STAGES[stage].consumer.timeout_seconds


def test_messages_and_dead_letters_are_kept_for_fourteen_days(mail: Template) -> None:
    assert {queue["MessageRetentionPeriod"] for queue in mail.all("SQS::Queue").values()} == {FOURTEEN_DAYS}


def test_only_the_delay_queue_delays(mail: Template, stage: str) -> None:
    delays = {queue: source(mail, queue)["DelaySeconds"] for queue in QUEUES}
    assert delays == {"Standard": 0, "Fifo": 0, "Delay": STAGES[stage].queues.delay_seconds}


@pytest.mark.parametrize("part", ["Source", "DeadLetters"])
def test_fifo_queues_are_fast_and_do_not_take_equal_bodies_for_equal_mails(mail: Template, part: str) -> None:
    fifo = mail.all("SQS::Queue")[mail.named(f"Fifo{part}", "SQS::Queue")]
    assert fifo["FifoQueue"] is True
    assert fifo["FifoThroughputLimit"] == "perMessageGroupId"
    assert fifo["DeduplicationScope"] == "messageGroup"
    assert fifo["ContentBasedDeduplication"] is False


@pytest.mark.parametrize("queue", ["Standard", "Delay"])
def test_the_other_queues_are_standard_ones(mail: Template, queue: str) -> None:
    assert "FifoQueue" not in source(mail, queue)
    assert "FifoQueue" not in dead_letters(mail, queue)


@pytest.mark.parametrize("queue", QUEUES)
def test_the_first_dead_letter_raises_an_alarm(mail: Template, queue: str) -> None:
    alarm = mail.all("CloudWatch::Alarm")[mail.named(f"{queue}DeadLettersWaiting", "CloudWatch::Alarm")]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert refers_to(alarm["Dimensions"]) == {mail.named(f"{queue}DeadLetters", "SQS::Queue")}
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "Maximum",
        "GreaterThanOrEqualToThreshold",
        1,
    )


@pytest.mark.parametrize("queue", QUEUES)
def test_a_message_that_waits_too_long_raises_an_alarm(mail: Template, stage: str, queue: str) -> None:
    alarm = mail.all("CloudWatch::Alarm")[mail.named(f"{queue}OldestMessageTooOld", "CloudWatch::Alarm")]
    delay = source(mail, queue)["DelaySeconds"]
    assert isinstance(delay, int)
    assert alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert refers_to(alarm["Dimensions"]) == {mail.named(f"{queue}Source", "SQS::Queue")}
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Maximum", "GreaterThanOrEqualToThreshold")
    assert alarm["Threshold"] == 60 * STAGES[stage].alarms.oldest_message_minutes + delay


def test_deduplication_by_body_and_the_net_are_settings() -> None:
    stack = Stack(new_app(), "Alone")
    queues = QueueConfig(content_based_deduplication=True, max_receive_count=7)
    MailQueue(stack, "Queue", queue_name="a.fifo", config=replace(STAGES["dev"], queues=queues))
    queue = template_of(stack).one("SQS::Queue", QueueName="a.fifo")
    assert queue["ContentBasedDeduplication"] is True
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 7
