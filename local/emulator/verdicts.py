"""What SES finds out about a mail that has come: "Email-receiving authentication and malware scanning".

There is no DNS here to look policies and keys up in, so that SPF and DMARC pass, and DKIM does where there is a
signature. A test chooses what it needs instead: `cloud.ses.verdicts`.
"""

import email
import logging
from collections.abc import Iterator, Mapping

from local.emulator.events import VIRUS

SPAM = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""What every spam filter takes for spam."""

NAMES = ("spam", "virus", "spf", "dkim", "dmarc")
STATUSES = ("PASS", "FAIL", "GRAY", "PROCESSING_FAILED")
"""The values of a verdict: "Contents of notifications for Amazon SES email receiving"."""

DMARC_POLICIES = ("none", "quarantine", "reject")
UNSCANNED = {"spam": "DISABLED", "virus": "DISABLED"}
"""What receivers have recorded of rules that do not scan."""

log = logging.getLogger("verdicts")


def check(chosen: Mapping[str, str]) -> None:
    """Refuse verdicts that SES does not give."""
    for name, value in chosen.items():
        expected = {"dmarc_policy": DMARC_POLICIES}.get(name, STATUSES)
        if name not in {*NAMES, "dmarc_policy"} or value not in expected:
            raise ValueError(f"verdict {name}={value!r} is not one of {', '.join(NAMES)} with {', '.join(expected)}")


def find(source: bytes, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the verdict of each kind; those that are chosen are not looked for."""
    signed = b"\ndkim-signature:" in b"\n" + source.partition(b"\r\n\r\n")[0].lower()
    found = {"spf": "PASS", "dkim": "PASS" if signed else "GRAY", "dmarc": "PASS"} | _scanned(source)
    return found | {name: chosen[name] for name in NAMES if name in chosen}


def _scanned(source: bytes) -> dict[str, str]:
    """Look for the two test patterns, in the mail as it is and in its parts as they are decoded."""
    try:
        texts = [source, *_decoded_parts(source)]
    except Exception as reason:  # noqa: BLE001 (a mail may be hostile to its parser in any way)
        log.warning("a mail cannot be scanned: %r", reason)
        return {"spam": "PROCESSING_FAILED", "virus": "PROCESSING_FAILED"}
    patterns = {"spam": SPAM, "virus": VIRUS}
    return {name: "FAIL" if any(found in text for text in texts) else "PASS" for name, found in patterns.items()}


def _decoded_parts(source: bytes) -> Iterator[bytes]:
    for part in email.message_from_bytes(source).walk():
        payload = None if part.is_multipart() else part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload
