"""The operations of the SES API v2 that MiniStack lacks or only half has; the others stay with it."""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from local.emulator import event_destinations, events, message, ministack, rules
from local.emulator.account import Account, Suppressed
from local.emulator.errors import AnswerLostError, SesError
from local.emulator.ministack import Json, Response

Operation = Callable[[Account, Json, Json, str], Json]
"""Account, body, query and the path's last part to an answer."""


def install(account: Account) -> None:
    """Put these operations before MiniStack's."""
    rest = ministack.ses_handler()

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Response:
        name = f"{method} {path.removeprefix('/v2/email').rstrip('/')}"
        try:
            if name == "POST /outbound-emails":
                return _answer(await _send_email(account, _json(body)))
            if name == "GET /account":
                return _answer(_get_account(account, await rest(method, path, headers, body, query)))
            for pattern, operation in OPERATIONS.items():
                if match := re.fullmatch(pattern, name):
                    return _answer(operation(account, _json(body), query, unquote("".join(match.groups()))))
        except SesError as error:
            return error.response()
        return await rest(method, path, headers, body, query)

    ministack.replace_ses_handler(handle)


async def _send_email(account: Account, request: Json) -> Json:
    """Take a mail, or say why not: "SendEmail", SES API v2."""
    await asyncio.sleep(account.settings.latency_ms / 1000)
    mail = message.read(request)
    to = message.recipients(mail)
    fault = account.next_fault(to)
    if fault and not fault.lose_answer:
        raise SesError(fault.code, fault.message, status=fault.status)
    rules.check(mail, account)
    account.check_quotas()
    account.count(recipients=len(to), simulated=sum(map(events.is_simulated, to)))
    mail |= {"message_id": _message_id(), "taken_at": time.time()}
    account.mails.append(mail)
    event_destinations.publish(mail, account)
    if fault:
        raise AnswerLostError
    return {"MessageId": mail["message_id"]}


def _get_account(account: Account, theirs: Response) -> Json:
    settings = account.settings
    quota = {
        "Max24HourSend": settings.max_24_hour_send,
        "MaxSendRate": settings.max_send_rate,
        "SentLast24Hours": account.sent_last_24_hours(),
    }
    return json.loads(theirs[2]) | {
        "SendQuota": quota,
        "SendingEnabled": settings.sending_enabled,
        "ProductionAccessEnabled": settings.production_access,
        "SuppressionAttributes": {"SuppressedReasons": account.suppressed_reasons},
    }


def _put_account_sending(account: Account, body: Json, _query: Json, _name: str) -> Json:
    account.change(sending_enabled=bool(body.get("SendingEnabled", False)))
    return {}


def _put_account_suppression(account: Account, body: Json, _query: Json, _name: str) -> Json:
    account.suppressed_reasons = list(body.get("SuppressedReasons") or [])
    return {}


def _put_suppressed(account: Account, body: Json, _query: Json, _name: str) -> Json:
    address, reason = str(body.get("EmailAddress", "")), str(body.get("Reason", ""))
    if reason not in {"BOUNCE", "COMPLAINT"}:
        raise SesError("BadRequestException", f"Invalid reason {reason!r}, expected BOUNCE or COMPLAINT")
    # Case is lost: the list is matched in lower case.
    account.suppressed[address.lower()] = Suppressed(address=address, reason=reason, since=time.time())
    return {}


def _get_suppressed(account: Account, _body: Json, _query: Json, address: str) -> Json:
    return {"SuppressedDestination": _summary(_known(account, address))}


def _delete_suppressed(account: Account, _body: Json, _query: Json, address: str) -> Json:
    del account.suppressed[_known(account, address).address.lower()]
    return {}


def _list_suppressed(account: Account, _body: Json, query: Json, _name: str) -> Json:
    """List in pages: "ListSuppressedDestinations", SES API v2."""
    wanted: list[str] = query.get("Reason") or query.get("Reasons") or ["BOUNCE", "COMPLAINT"]
    start = int(query.get("NextToken", ["0"])[0])
    end = start + int(query.get("PageSize", ["1000"])[0])
    found = [entry for entry in account.suppressed.values() if entry.reason in wanted]
    page: Json = {"SuppressedDestinationSummaries": [_summary(entry) for entry in found[start:end]]}
    return page | ({"NextToken": str(end)} if end < len(found) else {})


def _put_mail_from(_account: Account, body: Json, _query: Json, name: str) -> Json:
    """Set a MAIL FROM domain, verified at once: "PutEmailIdentityMailFromAttributes", SES API v2."""
    identity = ministack.identity(name)
    if identity is None:
        raise SesError("NotFoundException", f"Email identity {name} does not exist.", status=404)
    identity["MailFromAttributes"] = {
        "MailFromDomain": body.get("MailFromDomain", ""),
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": body.get("BehaviorOnMxFailure", "USE_DEFAULT_VALUE"),
    }
    return {}


def _known(account: Account, address: str) -> Suppressed:
    entry = account.suppressed.get(address.lower())
    if entry is None:
        raise SesError(
            "NotFoundException", f"Email address {address} does not exist on your suppression list.", status=404
        )
    return entry


def _summary(entry: Suppressed) -> Json:
    return {"EmailAddress": entry.address, "Reason": entry.reason, "LastUpdateTime": entry.since}


OPERATIONS: dict[str, Operation] = {
    r"PUT /account/sending": _put_account_sending,
    r"PUT /account/suppression": _put_account_suppression,
    r"PUT /identities/(.+)/mail-from": _put_mail_from,
    r"PUT /suppression/addresses": _put_suppressed,
    r"GET /suppression/addresses": _list_suppressed,
    r"GET /suppression/addresses/(.+)": _get_suppressed,
    r"DELETE /suppression/addresses/(.+)": _delete_suppressed,
}


def _message_id() -> str:
    return f"{int(time.time() * 1000):016x}-{uuid.uuid4()}-000000"


def _json(body: bytes) -> Json:
    try:
        return json.loads(body or b"{}")
    except ValueError as reason:
        raise SesError("BadRequestException", f"Invalid JSON: {reason}") from None


def _answer(body: Json) -> Response:
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()
