import base64
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.local.conftest import Send


def test_the_whole_of_a_simple_request_is_kept(cloud: Cloud, ses: Any, send: Send) -> None:
    ses.create_configuration_set(ConfigurationSetName="kept")
    message_id = send(
        Destination={
            "ToAddresses": ["One <one@example.org>"],
            "CcAddresses": ["two@example.org"],
            "BccAddresses": ["three@example.org"],
        },
        ReplyToAddresses=["reply@example.com"],
        EmailTags=[{"Name": "kind", "Value": "test"}],
        ConfigurationSetName="kept",
        FeedbackForwardingEmailAddress="bounces@example.com",
        simple={
            "Subject": {"Data": "件名 ✓", "Charset": "UTF-8"},
            "Body": {"Text": {"Data": "本文", "Charset": "UTF-8"}, "Html": {"Data": "<p>本文</p>", "Charset": "UTF-8"}},
            "Headers": [{"Name": "X-Kind", "Value": "test"}],
            "Attachments": [{"FileName": "a.txt", "ContentType": "text/plain", "RawContent": b"\x00content"}],
        },
    )
    mail = cloud.ses.mails()[-1]
    assert mail["message_id"] == message_id
    assert mail["from"] == "sender@example.com"
    assert (mail["to"], mail["cc"], mail["bcc"]) == (
        ["One <one@example.org>"],
        ["two@example.org"],
        ["three@example.org"],
    )
    assert mail["reply_to"] == ["reply@example.com"]
    assert (mail["subject"], mail["text"], mail["html"]) == ("件名 ✓", "本文", "<p>本文</p>")
    assert mail["headers"] == [{"name": "X-Kind", "value": "test"}]
    assert mail["tags"] == [{"name": "kind", "value": "test"}]
    assert mail["configuration_set"] == "kept"
    assert mail["other"] == {"FeedbackForwardingEmailAddress": "bounces@example.com"}
    attachment = mail["attachments"][0]
    assert (attachment["filename"], attachment["content_type"]) == ("a.txt", "text/plain")
    assert base64.b64decode(attachment["content"]) == b"\x00content"


def test_a_raw_message_is_read(cloud: Cloud, ses: Any) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Bcc"] = "sender@example.com", "one@example.org", "two@example.org"
    message["Subject"], message["X-Kind"] = "件名", "test"
    message.set_content("本文")
    message.add_alternative("<p>本文</p>", subtype="html")
    message.add_attachment(b"\x00content", maintype="application", subtype="pdf", filename="a.pdf")
    ses.send_email(Content={"Raw": {"Data": message.as_bytes()}})
    mail = cloud.ses.mails()[-1]
    assert (mail["from"], mail["to"], mail["bcc"]) == ("sender@example.com", ["one@example.org"], ["two@example.org"])
    assert (mail["subject"], mail["text"].strip(), mail["html"].strip()) == ("件名", "本文", "<p>本文</p>")
    assert {"name": "X-Kind", "value": "test"} in mail["headers"]
    assert base64.b64decode(mail["attachments"][0]["content"]) == b"\x00content"
    assert base64.b64decode(mail["raw"]) == message.as_bytes()


def test_a_raw_messages_recipients_are_those_of_the_request_if_it_names_any(cloud: Cloud, ses: Any) -> None:
    raw = b"From: sender@example.com\r\nTo: one@example.org\r\nSubject: s\r\n\r\nbody"
    ses.send_email(Content={"Raw": {"Data": raw}}, Destination={"BccAddresses": ["two@example.org"]})
    mail = cloud.ses.mails()[-1]
    assert (mail["to"], mail["bcc"]) == ([], ["two@example.org"])


def test_a_template_is_filled_in(cloud: Cloud, send: Send) -> None:
    content = {"Subject": "Hello {{name}}", "Text": "Dear {{name}}"}
    send(Content={"Template": {"TemplateContent": content, "TemplateData": '{"name": "Ada"}'}})
    mail = cloud.ses.mails()[-1]
    assert (mail["subject"], mail["text"]) == ("Hello Ada", "Dear Ada")


def test_a_missing_template_is_an_error(send: Send) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        send(Content={"Template": {"TemplateName": "missing"}})


def test_text_without_a_charset_is_sent_as_ascii(cloud: Cloud, send: Send) -> None:
    send(simple={"Subject": {"Data": "Grüße"}})
    assert cloud.ses.mails()[-1]["subject"] == "Gr??e"


def test_mails_can_be_forgotten_and_still_count(cloud: Cloud, ses: Any, send: Send) -> None:
    send()
    cloud.ses.forget_mails()
    assert cloud.ses.mails() == []
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == 1
