"""What SES tells, on its way to a function."""

from typing import Any

import pytest

from tests.stacks.synthesis import Template, refers_to
from tests.stacks.test_mail_delivery import grants

# A stage, the part of it that has events, what reads them, and where they come from.
EVENTS = [
    ("dev", "Feedback", "FeedbackFunction", ":configuration-set/"),
    ("prod", "Feedback", "FeedbackFunction", ":configuration-set/"),
    ("prod", "Inbox", "InboxFunction", ":receipt-rule/edgepost-prod"),
]


@pytest.fixture(scope="session", params=EVENTS, ids=lambda events: "-".join(events[:2]))
def events(request: pytest.FixtureRequest) -> tuple[str, str, str, str]:
    return request.param


@pytest.fixture(scope="session")
def stage(events: tuple[str, str, str, str]) -> str:
    return events[0]


@pytest.fixture
def part(events: tuple[str, str, str, str]) -> str:
    """The beginning of the logical ids of what has the events."""
    return f"{events[1]}Events"


@pytest.fixture
def reader(events: tuple[str, str, str, str]) -> str:
    """The beginning of the logical ids of the function that reads them."""
    return events[2]


@pytest.fixture
def topic(mail: Template, part: str) -> str:
    return mail.named(f"{part}Topic", "SNS::Topic")


def statements(mail: Template, topic: str) -> list[dict[str, Any]]:
    (policy,) = (policy for policy in mail.all("SNS::TopicPolicy").values() if policy["Topics"] == [{"Ref": topic}])
    return policy["PolicyDocument"]["Statement"]


def queue_statements(mail: Template, queue: str) -> list[dict[str, Any]]:
    (policy,) = (policy for policy in mail.all("SQS::QueuePolicy").values() if policy["Queues"] == [{"Ref": queue}])
    return [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]


def test_only_the_part_of_ses_that_it_is_for_publishes_to_a_topic(
    mail: Template, topic: str, events: tuple[str, str, str, str]
) -> None:
    (allowed,) = (each for each in statements(mail, topic) if each["Effect"] == "Allow")
    assert (allowed["Action"], allowed["Principal"]) == ("sns:Publish", {"Service": "ses.amazonaws.com"})
    (operator, condition) = next(iter(allowed["Condition"].items()))
    assert operator == "StringEquals"
    assert condition["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert events[3] in str(condition["aws:SourceArn"])


def test_the_source_of_feedback_is_the_configuration_set(mail: Template) -> None:
    topic = mail.named("FeedbackEventsTopic", "SNS::Topic")
    (allowed,) = (each for each in statements(mail, topic) if each["Effect"] == "Allow")
    source = allowed["Condition"]["StringEquals"]["aws:SourceArn"]
    assert refers_to(source) == {"AWS::AccountId", mail.named("MailDomainSending", "SES::ConfigurationSet")}


def test_a_topic_is_published_to_over_tls_only(mail: Template, topic: str) -> None:
    (denied,) = (each for each in statements(mail, topic) if each["Effect"] == "Deny")
    assert (denied["Action"], denied["Principal"]) == ("sns:Publish", "*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_topic_is_encrypted_with_a_key_that_ses_may_use_and_that_rotates(mail: Template, topic: str) -> None:
    key = mail.named("EventsKey", "KMS::Key")
    assert refers_to(mail.all("SNS::Topic")[topic]["KmsMasterKeyId"]) == {key}
    assert mail.all("KMS::Key")[key]["EnableKeyRotation"] is True
    (allowed,) = (
        statement
        for statement in mail.all("KMS::Key")[key]["KeyPolicy"]["Statement"]
        if statement["Principal"] == {"Service": "ses.amazonaws.com"}
    )
    assert {*allowed["Action"]} == {"kms:GenerateDataKey*", "kms:Decrypt"}
    assert "Condition" not in allowed


def test_messages_arrive_in_the_queue_as_ses_wrote_them(mail: Template, topic: str, part: str) -> None:
    queue, dead_letters = (mail.named(f"{part}Queue{kind}", "SQS::Queue") for kind in ("Source", "DeadLetters"))
    subscription = mail.one("SNS::Subscription", TopicArn={"Ref": topic})
    assert subscription["Protocol"] == "sqs"
    assert subscription["RawMessageDelivery"] is True
    assert refers_to(subscription["Endpoint"]) == {queue}
    assert refers_to(subscription["RedrivePolicy"]) == {dead_letters}


def test_only_the_topic_may_send_to_its_queues(mail: Template, topic: str, part: str) -> None:
    for kind in ("Source", "DeadLetters"):
        (allowed,) = queue_statements(mail, mail.named(f"{part}Queue{kind}", "SQS::Queue"))
        assert (allowed["Action"], allowed["Principal"]) == ("sqs:SendMessage", {"Service": "sns.amazonaws.com"})
        assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": topic}}}


def test_the_queue_feeds_the_function_and_is_told_what_failed(mail: Template, part: str, reader: str) -> None:
    arn = {"Fn::GetAtt": [mail.named(f"{part}QueueSource", "SQS::Queue"), "Arn"]}
    mapping = mail.one("Lambda::EventSourceMapping", EventSourceArn=arn)
    assert refers_to(mapping["FunctionName"]) == {mail.named(reader, "Lambda::Function")}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_message_stays_hidden_for_six_times_the_functions_timeout(mail: Template, part: str, reader: str) -> None:
    queue = mail.all("SQS::Queue")[mail.named(f"{part}QueueSource", "SQS::Queue")]
    function = mail.all("Lambda::Function")[mail.named(reader, "Lambda::Function")]
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"]


def test_the_function_may_read_the_queue_and_write_dead_letters(mail: Template, part: str, reader: str) -> None:
    source, dead_letters = (mail.named(f"{part}Queue{kind}", "SQS::Queue") for kind in ("Source", "DeadLetters"))
    allowed = grants(mail, mail.named(f"{reader}Role", "IAM::Role"))
    reading = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    assert (frozenset(reading), frozenset({source})) in allowed
    assert any("sqs:SendMessage" in actions and dead_letters in on for actions, on in allowed)
