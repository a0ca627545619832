"""Where mail comes in: an SMTP server on a socket that stands open for it, on the emulator's event loop."""

import asyncio
import logging
import os
import socket
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from local.emulator import arrival, ministack, ministack_inbox
from local.emulator.account import Account
from local.emulator.ministack import Application, Json
from local.emulator.receipt import Arrived
from local.emulator.rules import MAX_MESSAGE_BYTES
from local.emulator.ses_access import AccessError
from local.servers.authority import server_context

NOT_FOUND = "550 5.1.1 Requested action not taken: mailbox unavailable"
TLS_REQUIRED = "530 5.7.10 Must issue a STARTTLS command first"
NULL_SENDER = "<>"
"""How aiosmtpd writes the sender of a bounce."""

log = logging.getLogger("smtp")


def before(application: Application, account: Account) -> Application:
    """Start the server with `application`, to which everything is passed on."""
    opened = socket.socket(fileno=int(os.environ["SMTP_SOCKET"]))
    servers: list[asyncio.Server] = []

    async def front(scope: Json, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        if scope["type"] == "lifespan":
            servers.append(await _serve(opened, account))
        await application(scope, receive, send)

    return front


async def _serve(opened: socket.socket, account: Account) -> asyncio.Server:
    context = server_context()
    # The mail says itself how long it took; a line a command says nothing more.
    logging.getLogger("mail").setLevel(logging.WARNING)

    def connection() -> SMTP:
        return SMTP(
            Reception(account),
            data_size_limit=MAX_MESSAGE_BYTES,
            hostname=f"inbound-smtp.{os.environ['MINISTACK_REGION']}.amazonaws.com",
            ident="ESMTP",
            tls_context=context,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],  # nobody signs in where mail comes in
        )

    return await asyncio.get_running_loop().create_server(connection, sock=opened)


class Reception:
    """The hooks that aiosmtpd calls in a conversation."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's)
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient that a rule of the active set is for: "ReceiptRule", TlsPolicy, SES API."""
        with ministack_inbox.in_home_region():
            rules = arrival.receivers(address)
        if not rules:
            return NOT_FOUND
        if session.ssl is None and any(rule["TlsPolicy"] == "Require" for rule in rules):
            return TLS_REQUIRED
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        """Take a mail whole; one that an action cannot be carried out for is not kept."""
        with ministack_inbox.in_home_region():
            mail = Arrived(
                sender="" if envelope.mail_from == NULL_SENDER else str(envelope.mail_from),
                recipients=list(dict.fromkeys(map(str, envelope.rcpt_tos))),
                source=bytes(envelope.original_content or b""),
                region=ministack.region(),
                client=session.peer[0] if session.peer else "",
                helo=session.host_name or "",
            )
            try:
                await arrival.take(mail, self._account)
            except AccessError as reason:
                log.warning("mail %s is not taken: %s", mail.message_id, reason)
                return f"451 4.3.0 {reason}"
        return f"250 OK {mail.message_id}"
