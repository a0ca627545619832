"""What stands before MiniStack: the control interface of the local SES, and answers that get lost."""

import json
from typing import Any

from hypercorn.protocol.events import StreamClosed

from local.emulator import ministack
from local.emulator.account import Account, Fault
from local.emulator.errors import AnswerLostError
from local.emulator.ministack import Application, Json

CONTROL = "/_local/ses/"


def before(application: Application, account: Account) -> Application:
    """Answer the control interface, and pass everything else on to `application`."""

    async def front(scope: Json, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        if scope["type"] == "http" and scope["path"].startswith(CONTROL):
            body = await _body(receive)
            await _respond(send, *_control(account, scope["method"], scope["path"].removeprefix(CONTROL), body))
            return
        try:
            await application(scope, receive, send)
        except AnswerLostError:
            await _hang_up(send)

    return front


def _control(account: Account, method: str, name: str, body: bytes) -> tuple[int, Any]:
    """Answer one request of the control interface, as `local.ses` asks it."""
    try:
        given: Json = json.loads(body or b"{}")
        match method, name.split("/"):
            case "DELETE", ["account"]:
                account.reset()
                return 200, {}
            case "GET", ["settings"]:
                return 200, vars(account.settings)
            case "PUT", ["settings"]:
                account.change(**given)
                return 200, vars(account.settings)
            case "DELETE", ["settings"]:
                account.reset()
                return 200, vars(account.settings)
            case "GET", ["faults"]:
                return 200, vars(account.fault)
            case "PUT", ["faults"]:
                account.fault = Fault(**given)
                return 200, vars(account.fault)
            case "GET", ["mails"]:
                return 200, account.mails
            case "DELETE", ["mails"]:
                account.mails.clear()
                return 200, {}
            case "PUT", ["identities", identity]:
                _change_identity(identity, **given)
                return 200, {}
            case _:
                return 404, {"error": f"no {method} {CONTROL}{name}"}
    except (TypeError, ValueError) as reason:
        return 400, {"error": str(reason)}


def _change_identity(name: str, *, verified: bool, mail_from_verified: bool) -> None:
    identity = ministack.identity(name)
    if identity is None:
        raise ValueError(f"unknown identity {name}")
    ministack.set_identity_verified(name, verified=verified)
    identity["MailFromAttributes"]["MailFromDomainStatus"] = "SUCCESS" if mail_from_verified else "PENDING"


async def _body(receive: Any) -> bytes:  # noqa: ANN401 (ASGI)
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    return body


async def _respond(send: Any, status: int, answer: Any) -> None:  # noqa: ANN401 (ASGI, any JSON)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


async def _hang_up(send: Any) -> None:  # noqa: ANN401 (ASGI)
    """Close the connection without a byte: ASGI has no word for it, hypercorn's stream behind `send` does."""
    stream = send.__self__
    await stream.send(StreamClosed(stream_id=stream.stream_id))
