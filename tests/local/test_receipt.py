"""What the rules of the active set do with a mail, what their topics get, and what makes a rule impossible."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from local.smtp import RefusedError
from tests.local.inbox import Inbox

EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
EICAR_IN_BASE64 = (
    b"Subject: x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJE\r\nLUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo=\r\n"
)


@pytest.fixture
def inbox(cloud: Cloud) -> Iterator[Inbox]:
    """An inbox whose rule set is active until the test is over."""
    made = Inbox(cloud)
    yield made
    made.ses.set_active_receipt_rule_set()
    cloud.ses.reset()


def test_a_notification_tells_of_the_mail_in_the_documented_shape(inbox: Inbox) -> None:
    raw = (
        f"From: Hana <hana@example.org>\r\nTo: {inbox.address},\r\n Taro <taro@example.com>\r\nReply-To: r@example.org"
        "\r\nSubject: Hello\r\nMessage-ID: <1@example.org>\r\nDate: Tue, 1 Dec 2026 09:00:00 +0900\r\n\r\nGood day."
    )
    notification = inbox.notification(raw.encode())
    receipt, mail = notification["receipt"], notification["mail"]
    assert notification["notificationType"] == "Received"
    assert receipt["recipients"] == [inbox.address]
    assert receipt["action"] == {
        "type": "S3",
        "topicArn": inbox.topic,
        "bucketName": inbox.name,
        "objectKeyPrefix": "in/",
        "objectKey": f"in/{mail['messageId']}",
    }
    assert "dmarcPolicy" not in receipt
    assert mail["source"] == "hana@example.org"
    assert mail["destination"] == [inbox.address, "taro@example.com"]
    assert mail["headersTruncated"] is False
    assert {"name": "To", "value": f"{inbox.address}, Taro <taro@example.com>"} in mail["headers"]
    assert mail["commonHeaders"] == {
        "returnPath": "hana@example.org",
        "from": ["Hana <hana@example.org>"],
        "to": [inbox.address, "Taro <taro@example.com>"],
        "replyTo": ["r@example.org"],
        "messageId": "<1@example.org>",
        "date": "Tue, 1 Dec 2026 09:00:00 +0900",
        "subject": "Hello",
    }


def test_headers_above_ten_kilobytes_are_cut_in_the_notification(inbox: Inbox) -> None:
    mail = inbox.notification(b"Subject: x\r\n" + b"X-Long: " + (b"y" * 900 + b"\r\n ") * 20 + b"z\r\n\r\nx")["mail"]
    assert mail["headersTruncated"] is True
    assert sum(len(each["value"]) for each in mail["headers"]) < 11 * 1024


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"no header at all",
        b"Subject: \xff\xfe\r\nFrom: \x80\r\nTo: \xe3\x81\x82 <a@b>\r\n\r\n\xff",
        b"From: a@b\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
        b"Content-Type: text/plain; charset=nonsense\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(300)),
    ],
    ids=["empty", "line", "headless", "bytes", "boundary", "charset", "deep"],
)
def test_a_hostile_mail_is_stored_and_told_like_any_other(inbox: Inbox, raw: bytes) -> None:
    notification = inbox.notification(raw + b" ")
    assert inbox.stored(notification["mail"]["messageId"]).rstrip().endswith(raw.rstrip())


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"Subject: x\r\n\r\n" + EICAR.encode(), {"virus": "FAIL"}),
        (EICAR_IN_BASE64, {"virus": "FAIL"}),
        (b"Subject: x\r\n\r\n" + GTUBE.encode(), {"spam": "FAIL"}),
        (b"Subject: x\r\nDKIM-Signature: v=1\r\n\r\nx", {"dkim": "PASS"}),
        (b"Subject: x\r\n\r\nDKIM-Signature: v=1", {}),
    ],
    ids=["virus", "virus in Base64", "spam", "signed", "unsigned"],
)
def test_a_mail_is_scanned_for_the_patterns_that_all_scanners_know(
    inbox: Inbox, raw: bytes, found: dict[str, str]
) -> None:
    usual = {"spam": "PASS", "virus": "PASS", "spf": "PASS", "dkim": "GRAY", "dmarc": "PASS"}
    assert inbox.verdicts(raw) == usual | found


def test_a_test_chooses_verdicts_until_the_next_choice(inbox: Inbox) -> None:
    control = inbox.cloud.ses
    control.verdicts(spf="FAIL", dmarc="FAIL", dmarc_policy="reject")
    receipt = inbox.notification()["receipt"]
    assert (receipt["spfVerdict"], receipt["dmarcVerdict"]) == ({"status": "FAIL"}, {"status": "FAIL"})
    assert receipt["dmarcPolicy"] == "reject"
    control.verdicts(spam="GRAY")
    assert inbox.verdicts() == {"spam": "GRAY", "virus": "PASS", "spf": "PASS", "dkim": "GRAY", "dmarc": "PASS"}


@pytest.mark.parametrize("chosen", [{"spf": "MAYBE"}, {"taste": "PASS"}, {"dmarc_policy": "PASS"}])
def test_a_verdict_that_ses_does_not_give_is_refused(cloud: Cloud, chosen: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is not one of spam, virus, spf, dkim, dmarc with"):
        cloud.ses.verdicts(**chosen)


def test_a_rule_without_scan_says_so(inbox: Inbox) -> None:
    inbox.ses.delete_receipt_rule(RuleSetName=inbox.name, RuleName="store")
    inbox.add_rule("store", ScanEnabled=False)
    inbox.notifications()
    found = inbox.verdicts(EICAR.encode())
    assert (found["spam"], found["virus"]) == ("DISABLED", "DISABLED")


def test_rules_act_in_their_order_until_one_stops(inbox: Inbox) -> None:
    header = {"AddHeaderAction": {"HeaderName": "X-Seen", "HeaderValue": "yes"}}
    stop = {"StopAction": {"Scope": "RuleSet"}}
    inbox.add_rule("mark", Actions=[header])
    notification = inbox.notification()
    assert {"name": "X-Seen", "value": "yes"} in notification["mail"]["headers"]
    assert b"X-Seen: yes" in inbox.stored(notification["mail"]["messageId"])
    inbox.add_rule("stop", after="mark", Actions=[stop])
    assert inbox.send()
    assert inbox.notifications() == []


def test_each_rule_is_told_of_the_recipients_that_it_is_for(inbox: Inbox) -> None:
    other = f"other@{inbox.domain}"
    inbox.ses.delete_receipt_rule(RuleSetName=inbox.name, RuleName="store")
    inbox.add_rule("store", Recipients=[inbox.address])
    inbox.add_rule("all", Actions=[{"StopAction": {"Scope": "RuleSet", "TopicArn": inbox.topic}}], after="store")
    inbox.notifications()
    inbox.send(to=[inbox.address, other])
    told = [(each["receipt"]["action"]["type"], each["receipt"]["recipients"]) for each in inbox.notifications()]
    assert told == [("S3", [inbox.address]), ("Stop", [inbox.address, other])]


def test_a_new_rule_is_tried_with_a_mail_of_ses_itself(inbox: Inbox) -> None:
    assert inbox.keys() == ["in/AMAZON_SES_SETUP_NOTIFICATION"]
    (tried,) = inbox.setup
    assert tried["mail"]["messageId"] == "AMAZON_SES_SETUP_NOTIFICATION"
    assert tried["receipt"]["recipients"] == ["recipient@example.com"]


def test_a_rule_whose_bucket_does_not_let_it_write_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match=r"InvalidS3Configuration.*Could not write to bucket.*does not allow"):
        Inbox(cloud, allowed=False)
    cloud.client("ses").set_active_receipt_rule_set()


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ({"S3Action": {"BucketName": "no-such-bucket"}}, "InvalidS3Configuration"),
        ({"StopAction": {"Scope": "RuleSet", "TopicArn": "arn:aws:sns:ap-northeast-1:000000000000:no"}}, "InvalidSns"),
        ({"LambdaAction": {"FunctionArn": "arn:aws:lambda:x:y:function:z"}}, "not carried out by the embedded cloud"),
        ({"S3Action": {"BucketName": "b", "KmsKeyArn": "k"}}, "not carried out by the embedded cloud"),
    ],
)
def test_a_rule_with_an_action_that_cannot_be_carried_out_is_refused(
    inbox: Inbox, action: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        inbox.add_rule("impossible", Actions=[action])
    rules = inbox.ses.describe_receipt_rule_set(RuleSetName=inbox.name)["Rules"]
    assert [rule["Name"] for rule in rules] == ["store"]


def test_a_mail_is_not_taken_once_its_bucket_does_not_let_the_rule_write(inbox: Inbox) -> None:
    inbox.allow(f"{inbox.rule_arn}-of-another")
    with pytest.raises(RefusedError, match=r"^451 .*does not allow s3:PutObject"):
        inbox.send()
