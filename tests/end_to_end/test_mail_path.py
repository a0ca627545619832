"""From a queued request to the mail that comes out, through the deployed stacks."""

import json
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.conftest import MailPath
from tests.waiting import wait_until


def test_a_request_becomes_one_mail_with_its_subject_and_text_in_utf_8(mail_path: MailPath) -> None:
    message_id = mail_path.put("お知らせ")
    mail_path.sent(1)
    (mail,) = mail_path.mails()
    assert (mail["from"], mail["to"]) == ("info@edgepost.test", ["friend@example.com"])
    assert (mail["subject"], mail["text"]) == ("お知らせ", "本文 お知らせ")
    record = wait_until(lambda: mail_path.delivery(message_id))
    assert (record["status"], record["ses_message_id"]) == ("sent", mail["message_id"])


def test_a_message_that_arrives_twice_sends_one_mail(mail_path: MailPath) -> None:
    """The same record is given to the deployed function a second time, as a standard queue may do."""
    message_id = mail_path.put("einmal")
    mail_path.sent(1)
    attributes = mail_path.message("einmal")["MessageAttributes"]
    record = {
        "messageId": message_id,
        "receiptHandle": "gone",
        "body": "20190515120000",
        "attributes": {"SentTimestamp": "1557889200000", "ApproximateReceiveCount": "2"},
        "messageAttributes": {
            name: {"dataType": value["DataType"], "stringValue": value["StringValue"]}
            for name, value in attributes.items()
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": mail_path.sqs.get_queue_attributes(
            QueueUrl=mail_path.url("Standard"), AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"],
    }
    answer = invoke(mail_path, {"Records": [record]})
    assert answer == {"batchItemFailures": []}
    assert mail_path.subjects() == ["einmal"]


def invoke(mail_path: MailPath, event: dict[str, Any]) -> Any:
    answer = mail_path.lambda_.invoke(FunctionName=mail_path.outputs["ConsumerFunction"], Payload=json.dumps(event))
    return json.load(answer["Payload"])


def test_two_requests_with_equal_bodies_on_fifo_are_two_mails(mail_path: MailPath) -> None:
    request = mail_path.message("gleich", MessageGroupId="g")
    for _ in range(2):
        mail_path.sqs.send_message(QueueUrl=mail_path.url("Fifo"), **request, MessageDeduplicationId=uuid4().hex)
    assert mail_path.sent(2) == ["gleich", "gleich"]


def test_the_same_deduplication_id_on_fifo_is_one_mail(mail_path: MailPath) -> None:
    request = mail_path.message("doppelt", MessageGroupId="g", MessageDeduplicationId=uuid4().hex)
    for _ in range(2):
        mail_path.sqs.send_message(QueueUrl=mail_path.url("Fifo"), **request)
    assert mail_path.sent(1) == ["doppelt"]


def test_of_ten_in_one_batch_with_a_bad_one_nine_are_sent_once_and_the_bad_one_is_kept(mail_path: MailPath) -> None:
    messages = [mail_path.message(str(n), to="nobody" if n == 6 else "friend@example.com") for n in range(10)]
    mail_path.put_all(messages)
    assert sorted(mail_path.sent(9)) == [str(n) for n in range(10) if n != 6]
    (letter,) = mail_path.dead_letters()
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (attributes["Subject"], attributes["FailureReason"]) == ("6", "BadAddress")
    assert "'nobody' is not a mail address" in attributes["FailureDetail"]
    assert mail_path.delivery(attributes["FailedRequestId"])["status"] == "failed"


def test_fifo_keeps_the_order_behind_a_failing_head_and_buries_nobody(mail_path: MailPath) -> None:
    mail_path.ses.fail(times=2, code="InternalFailure", status=500, recipient="head@example.com")
    mail_path.put("0", queue="Fifo", to="head@example.com")
    for n in range(1, 6):
        mail_path.put(str(n), queue="Fifo")
    assert mail_path.sent(6) == ["0", "1", "2", "3", "4", "5"]
    assert mail_path.receive("FifoDeadLetter") == []


def test_the_followers_of_a_head_that_is_given_up_are_sent(mail_path: MailPath) -> None:
    mail_path.ses.fail(times=1, code="MessageRejected", message="Illegal content", recipient="head@example.com")
    mail_path.put("0", queue="Fifo", to="head@example.com")
    for n in range(1, 4):
        mail_path.put(str(n), queue="Fifo")
    assert mail_path.sent(3) == ["1", "2", "3"]
    (letter,) = mail_path.dead_letters("Fifo")
    assert letter["Attributes"]["MessageGroupId"] == "g"


def test_a_message_waits_for_its_own_delay(mail_path: MailPath) -> None:
    began = time.time()
    mail_path.put("bald", DelaySeconds=2)
    mail_path.sent(1)
    assert 1.9 <= mail_path.mails()[0]["taken_at"] - began < 10


def test_the_delay_queue_holds_what_asks_for_no_delay_of_its_own(mail_path: MailPath) -> None:
    """Its delay of a minute is deployed; here it is shortened, so that the test need not wait for it."""
    url = mail_path.url("Delay")
    usual = mail_path.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
    assert usual == {"DelaySeconds": "60"}
    mail_path.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "2"})
    try:
        began = time.time()
        mail_path.put("später", queue="Delay")
        mail_path.sent(1)
        assert 1.9 <= mail_path.mails()[0]["taken_at"] - began < 10
    finally:
        mail_path.sqs.set_queue_attributes(QueueUrl=url, Attributes=usual)


class TestByHand:
    """With the mappings off, people receive as they would without a consumer."""

    @pytest.fixture(autouse=True)
    def by_hand(self, mail_path: MailPath) -> None:
        mail_path.set_mappings(enabled=False)

    def test_up_to_ten_messages_are_received_at_once(self, mail_path: MailPath) -> None:
        mail_path.put_all([mail_path.message(str(n)) for n in range(10)])
        received = mail_path.receive()
        assert sorted(m["MessageAttributes"]["Subject"]["StringValue"] for m in received) == [str(n) for n in range(10)]

    def test_a_long_poll_of_an_empty_queue_waits_and_ends_when_a_message_comes(self, mail_path: MailPath) -> None:
        began = time.monotonic()
        assert mail_path.receive(wait_s=2) == []
        assert 1.9 <= time.monotonic() - began < 5
        mail_path.put("da", DelaySeconds=1)
        assert len(mail_path.receive(wait_s=20)) == 1
        assert time.monotonic() - began < 10

    def test_the_loop_of_receive_send_and_delete_works_with_the_plain_sdk(self, mail_path: MailPath) -> None:
        mail_path.put("von Hand")
        (message,) = mail_path.receive(most=1)
        texts = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        mail_path.cloud.client("ses").send_email(
            Source=texts["Sender"],
            Destination={"ToAddresses": [texts["Destination"]]},
            Message={
                "Subject": {"Charset": "UTF-8", "Data": texts["Subject"]},
                "Body": {"Text": {"Charset": "UTF-8", "Data": texts["Body"]}},
            },
        )
        mail_path.sqs.delete_message(QueueUrl=mail_path.url("Standard"), ReceiptHandle=message["ReceiptHandle"])
        assert mail_path.receive() == []


def test_an_unverified_recipient_in_the_sandbox_is_given_up_with_the_reason(mail_path: MailPath) -> None:
    mail_path.ses.settings(production_access=False)
    mail_path.put("sandbox")
    (letter,) = mail_path.dead_letters()
    assert letter["MessageAttributes"]["FailureReason"]["StringValue"] == "MessageRejected"
    assert "friend@example.com" in letter["MessageAttributes"]["FailureDetail"]["StringValue"]


def test_the_functions_act_under_their_own_policies(mail_path: MailPath) -> None:
    """Everything in this file does; here the consumer is forbidden to send, which shows that policies are enforced."""
    iam, function = mail_path.cloud.client("iam"), mail_path.outputs["ConsumerFunction"]
    role = mail_path.lambda_.get_function_configuration(FunctionName=function)["Role"].rpartition("/")[2]
    deny = {"Effect": "Deny", "Action": "ses:SendEmail", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName=role, PolicyName="forbidden", PolicyDocument=document)
    try:
        message_id = mail_path.put("verboten")
        wait_until(lambda: mail_path.delivery(message_id).get("reason") == "AccessDeniedException")
        assert mail_path.mails() == []
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="forbidden")
    mail_path.cloud.end_visibility_timeouts()
    mail_path.sent(1)


def test_a_thousand_requests_are_a_thousand_mails_none_twice(mail_path: MailPath) -> None:
    mail_path.put_all([mail_path.message(str(n)) for n in range(1000)])
    subjects = mail_path.sent(1000, within=90)
    assert Counter(subjects) == Counter(str(n) for n in range(1000))
