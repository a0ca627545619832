"""What stands before MiniStack: the control interface, and answers that get lost."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hypercorn.protocol.events import StreamClosed

from local.emulator import ministack, verdicts
from local.emulator.account import Account, Fault
from local.emulator.errors import AnswerLostError
from local.emulator.ministack import Application, Json

CONTROL = "/_local/"


Act = Callable[[Account, str, Json], Any]
"""Does what one request of the control interface asks; gets the account, the rest of the path and the body."""


def before(application: Application, account: Account, more: Mapping[str, Act] = MappingProxyType({})) -> Application:
    """Answer the control interface, by `more` actions too, and pass everything else on to `application`."""
    actions = {**ACTIONS, **more}

    async def front(scope: Json, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        if scope["type"] == "http" and scope["path"].startswith(CONTROL):
            body = await read_body(receive)
            name = scope["path"].removeprefix(CONTROL)
            await _respond(send, *_control(actions, account, scope["method"], name, body))
            return
        try:
            await application(scope, receive, send)
        except AnswerLostError:
            await _hang_up(send)

    return front


def _control(actions: Mapping[str, Act], account: Account, method: str, name: str, body: bytes) -> tuple[int, Any]:
    """Answer one request of the control interface, as `local.ses` and `local.cloud` ask it."""
    service, kind, item = [*name.split("/", 2), "", ""][:3]
    act = actions.get(f"{method} {service}/{kind}")
    if act is None:
        return 404, {"error": f"no {method} {CONTROL}{name}"}
    try:
        return 200, act(account, item, json.loads(body or b"{}"))
    except (TypeError, ValueError) as reason:
        return 400, {"error": str(reason)}


def _change_settings(account: Account, _item: str, given: Json) -> Json:
    account.change(**given)
    return vars(account.settings)


def _reset(account: Account, _item: str, _given: Json) -> Json:
    account.reset()
    return vars(account.settings)


def _set_fault(account: Account, _item: str, given: Json) -> Json:
    account.fault = Fault(**given)
    return vars(account.fault)


def _forget_mails(account: Account, _item: str, _given: Json) -> list[Json]:
    forgotten, account.mails = account.mails, []
    return forgotten


def _choose_verdicts(account: Account, _item: str, given: Json) -> Json:
    verdicts.check(given)
    account.verdicts = given
    return given


def _change_identity(_account: Account, name: str, given: Json) -> Json:
    identity = ministack.identity(name)
    if identity is None:
        raise ValueError(f"unknown identity {name!r}, expected one that has been created")
    ministack.set_identity_verified(name, verified=given["verified"])
    identity["MailFromAttributes"]["MailFromDomainStatus"] = "SUCCESS" if given["mail_from_verified"] else "PENDING"
    return identity["MailFromAttributes"]


def _end_visibility_timeouts(_account: Account, _item: str, _given: Json) -> Json:
    ministack.end_visibility_timeouts()
    return {}


ACTIONS: dict[str, Act] = {
    "GET ses/settings": lambda account, _item, _given: vars(account.settings),
    "PUT ses/settings": _change_settings,
    "DELETE ses/settings": _reset,
    "GET ses/faults": lambda account, _item, _given: vars(account.fault),
    "PUT ses/faults": _set_fault,
    "GET ses/mails": lambda account, _item, _given: account.mails,
    "DELETE ses/mails": _forget_mails,
    "PUT ses/verdicts": _choose_verdicts,
    "PUT ses/identities": _change_identity,
    "DELETE sqs/timeouts": _end_visibility_timeouts,
}
"""Method and first part of the path, to what is done with the rest of the path and the body."""


async def read_body(receive: Any) -> bytes:  # noqa: ANN401 (ASGI)
    """Return the whole body of a request."""
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
