"""From a request to the SendEmail call."""

import io
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.validate import validate_parameters

from mail_consumer.checks import check
from mail_consumer.compose import Composer
from mail_consumer.request import MailRequest, RequestError, parse
from tests.mail_records import DOMAIN, SITE, four_attributes, request_body, settings


class Aws:
    """S3 with some objects, and KMS with its one key."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self.s3 = self.kms = self

    def head_object(self, **call: Any) -> dict[str, Any]:
        if call["Key"] not in self._files:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")
        return {"ContentLength": len(self._files[call["Key"]])}

    def get_object(self, **call: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._files[call["Key"]])}

    def generate_mac(self, **_call: Any) -> dict[str, Any]:
        return {"Mac": b"mac"}


def checked(**fields: Any) -> MailRequest:
    return check(parse(body=request_body(**fields), attributes={}), domain=DOMAIN, site_url=SITE)


def composed(request: MailRequest, *, files: Mapping[str, bytes] | None = None, **changed: Any) -> dict[str, Any]:
    aws: Any = Aws({"k": b"%PDF"} if files is None else files)
    return Composer(settings=settings(**changed), clients=aws).compose(
        request, message_id="m-1", correlation_id="edge-1"
    )


def test_a_plain_request_becomes_one_utf_8_mail_to_one_recipient() -> None:
    call = composed(check(parse(body="", attributes=four_attributes()), domain=DOMAIN, site_url=""))
    assert call["Destination"]["ToAddresses"] == ["friend@example.com"]
    assert call["Content"] == {
        "Simple": {
            "Subject": {"Charset": "UTF-8", "Data": "こんにちは"},
            "Body": {"Text": {"Charset": "UTF-8", "Data": "本文です"}},
        }
    }


def test_everything_of_a_request_reaches_the_call_and_the_call_fits_the_api() -> None:
    request = checked(
        cc=["c@example.com"],
        bcc=["b@example.com"],
        reply_to=["r@example.com"],
        html="<p>Hi</p>",
        headers={"List-Id": "<news.example.com>"},
        tags={"kind": "news"},
        attachments=[{"s3_key": "k", "filename": "a.pdf", "content_type": "application/pdf"}],
    )
    call = composed(request)
    model = get_session().get_service_model("sesv2").operation_model("SendEmail")
    assert model.input_shape is not None
    validate_parameters(call, model.input_shape)
    simple = call["Content"]["Simple"]
    assert call["Destination"] == {
        "ToAddresses": ["friend@example.com"],
        "CcAddresses": ["c@example.com"],
        "BccAddresses": ["b@example.com"],
    }
    assert call["ReplyToAddresses"] == ["r@example.com"]
    assert simple["Body"]["Html"]["Data"] == "<p>Hi</p>"
    assert simple["Headers"] == [{"Name": "List-Id", "Value": "<news.example.com>"}]
    assert simple["Attachments"] == [{"FileName": "a.pdf", "RawContent": b"%PDF", "ContentType": "application/pdf"}]
    assert {"Name": "kind", "Value": "news"} in call["EmailTags"]


def test_every_mail_names_its_request_in_tags_and_uses_the_configuration_set() -> None:
    call = composed(checked())
    assert {"Name": "request_id", "Value": "m-1"} in call["EmailTags"]
    assert {"Name": "correlation_id", "Value": "edge-1"} in call["EmailTags"]
    assert call["ConfigurationSetName"] == "mail"


def test_a_mail_with_as_many_tags_as_it_may_have_is_found_by_its_request_alone() -> None:
    names = {tag["Name"] for tag in composed(checked(tags={f"t{n}": "x" for n in range(49)}))["EmailTags"]}
    assert len(names) == 50
    assert "request_id" in names
    assert "correlation_id" not in names


def test_a_picture_with_a_content_id_stands_in_the_html() -> None:
    request = checked(attachments=[{"s3_key": "k", "filename": "curve.png", "content_id": "curve"}])
    (attachment,) = composed(request)["Content"]["Simple"]["Attachments"]
    assert (attachment["ContentId"], attachment["ContentDisposition"]) == ("curve", "INLINE")


def test_a_mail_that_one_can_unsubscribe_from_carries_the_one_click_headers_beside_its_own() -> None:
    call = composed(checked(unsubscribe=True, headers={"X-A": "v"}))
    headers = {header["Name"]: header["Value"] for header in call["Content"]["Simple"]["Headers"]}
    assert headers["X-A"] == "v"
    assert headers["List-Unsubscribe"].startswith(f"<{SITE}/unsubscribe?token=")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_mail_is_sent_for_the_tenant_where_there_is_one() -> None:
    assert composed(checked(), tenant="shop")["TenantName"] == "shop"
    assert "TenantName" not in composed(checked())


def test_a_raw_mail_is_sent_as_it_is_to_the_recipients_of_the_request() -> None:
    raw = f"From: A <a@{DOMAIN}>\r\nTo: list@example.org\r\nSubject: s\r\n\r\ntext\r\n".encode()
    call = composed(checked(raw_s3_key="k", text=None), files={"k": raw})
    assert call["Content"] == {"Raw": {"Data": raw}}
    assert call["Destination"]["ToAddresses"] == ["friend@example.com"]
    model = get_session().get_service_model("sesv2").operation_model("SendEmail")
    assert model.input_shape is not None
    validate_parameters(call, model.input_shape)


@pytest.mark.parametrize(
    "head",
    [
        "From: a@example.com",
        f"From: a@sub.{DOMAIN}",
        f"From: a@{DOMAIN}, b@example.com",
        f"From: a@{DOMAIN}\r\nFrom: b@example.com",
        f'From: "a@{DOMAIN}" <b@example.com>',
        "Subject: from nobody",
        f"Subject: s\r\n\r\nFrom: a@{DOMAIN}",
    ],
)
def test_a_raw_mail_in_anothers_name_is_refused(head: str) -> None:
    with pytest.raises(RequestError) as error:
        composed(checked(raw_s3_key="k", text=None), files={"k": f"{head}\r\n\r\ntext".encode()})
    assert error.value.code == "ForeignSender"


def test_the_size_counts_encoding_and_names_the_limit() -> None:
    request = checked(text="x" * 300, attachments=[{"s3_key": "k", "filename": "f"}])
    assert composed(request, files={"k": b""}, max_mail_bytes=400)
    with pytest.raises(RequestError, match="401 bytes after encoding, at most 400"):
        composed(request, files={"k": b"1"}, max_mail_bytes=400)


def test_a_file_that_is_not_there_is_named_with_its_bucket() -> None:
    with pytest.raises(RequestError, match="'k' is not in the bucket 'attachments'; upload it first"):
        composed(checked(attachments=[{"s3_key": "k", "filename": "f"}]), files={})
