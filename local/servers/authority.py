"""The certificate authority of this checkout's embedded clouds; clients check the servers against its certificate."""

import datetime as dt
import fcntl
import ssl
from pathlib import Path

import trustme
from cryptography import x509

FOLDER = Path(__file__).resolve().parents[2] / ".local" / "ca"
CA_FILE = FOLDER / "ca.pem"
KEY_FILE = FOLDER / "ca.key"
NAMES = ("127.0.0.1", "localhost")
DAYS_LEFT = 30
"""An authority that expires sooner is replaced."""


def server_context(*protocols: str) -> ssl.SSLContext:
    """Return what a server needs to speak TLS under this authority, with the ALPN protocols that it takes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*NAMES).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def authority() -> trustme.CA:
    """Return the authority, made where there is none yet; processes that need it at once make one."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _usable():
            _make()
        return trustme.CA.from_pem(CA_FILE.read_bytes(), KEY_FILE.read_bytes())


def _usable() -> bool:
    if not (CA_FILE.exists() and KEY_FILE.exists()):
        return False
    expires = x509.load_pem_x509_certificate(CA_FILE.read_bytes()).not_valid_after_utc
    return expires - dt.datetime.now(dt.UTC) > dt.timedelta(days=DAYS_LEFT)


def _make() -> None:
    made = trustme.CA()
    KEY_FILE.touch(mode=0o600)
    made.private_key_pem.write_to_path(str(KEY_FILE))
    made.cert_pem.write_to_path(str(CA_FILE))
