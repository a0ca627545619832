"""Unsubscribe links, as RFC 8058 wants them: one POST to the link takes the address off, without a question.

A link's token names the address and the mail, and has a code (MAC) that KMS makes and checks, so that no key is kept
anywhere. Making and checking are two permissions: who sends mails cannot check, who unsubscribes cannot make.
"""

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from botocore.exceptions import ClientError
from msgspec import Struct

from mail_common.errors import code_of

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

PATH = "/unsubscribe"
ALGORITHM = "HMAC_SHA_256"
MAC_BYTES = 32
# What else the key may be used for one day cannot be taken for a token of ours.
PURPOSE = b"unsubscribe 1\n"
# AWS KMS API reference, "GenerateMac": a message has at most 4,096 bytes; no address comes near.
MAX_TOKEN = 2_000


class Subscription(Struct, frozen=True, array_like=True):
    """Who unsubscribes, and the request whose mail has the link."""

    address: str
    request_id: str


class Unsubscribe:
    """Makes and reads the tokens of unsubscribe links."""

    def __init__(self, *, client: "KMSClient", key_id: str, site_url: str) -> None:
        self._client = client
        self._key_id = key_id
        self._site_url = site_url.rstrip("/")

    def headers(self, address: str, *, request_id: str) -> dict[str, str]:
        """The headers of a mail to this one address (RFC 8058, section 8.1)."""
        query = urlencode({"token": self._token(Subscription(address, request_id))})
        return {
            "List-Unsubscribe": f"<{self._site_url}{PATH}?{query}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def read(self, token: str) -> Subscription | None:
        """What a token says; None if it is none of ours."""
        if len(token) > MAX_TOKEN:
            return None
        payload, _, code = token.partition(".")
        try:
            message, mac = _decoded(payload), _decoded(code)
            subscription = msgspec.json.decode(message, type=Subscription)
        except (binascii.Error, msgspec.MsgspecError, ValueError):
            return None
        return subscription if len(mac) == MAC_BYTES and self._is_ours(message, mac) else None

    def _token(self, subscription: Subscription) -> str:
        message = msgspec.json.encode(subscription)
        answer = self._client.generate_mac(KeyId=self._key_id, MacAlgorithm=ALGORITHM, Message=PURPOSE + message)
        return f"{_encoded(message)}.{_encoded(answer['Mac'])}"

    def _is_ours(self, message: bytes, mac: bytes) -> bool:
        try:
            self._client.verify_mac(KeyId=self._key_id, MacAlgorithm=ALGORITHM, Message=PURPOSE + message, Mac=mac)
        except ClientError as error:
            if code_of(error) != "KMSInvalidMacException":
                raise
            return False
        return True


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
