"""What became of each request: told from delivery records, mails and dead letters, with every contradiction named."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from tests.soak.plan import Request

GIVEN_UP_BY_FAULTS = frozenset({"undecided", "MessageRejected", "InternalFailure"})
"""Reasons that the injected faults lead to: a lost answer or a crash, a refusal, and five failures in a row."""


class Record(Struct, frozen=True, kw_only=True):
    """What matters of a delivery record."""

    status: str
    reason: str = ""
    duplicate_of: str = ""


class Mail(Struct, frozen=True, kw_only=True):
    """A mail that SES has taken, in the order in which it did."""

    request_id: str
    number: int
    """The number of the request that asked for it first."""


class Letter(Struct, frozen=True, kw_only=True):
    """A dead letter."""

    request_id: str
    reason: str


class Accounts(Struct, kw_only=True):
    """The books of a soak."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[str] = field(default_factory=Counter[str])
    """Of what was given up."""
    problems: list[str] = field(default_factory=list[str])


def account(
    sent_in: Mapping[str, Sequence[Request]],
    *,
    records: Mapping[str, Record],
    mails: Sequence[Mail],
    letters: Sequence[Letter],
    resent: bool,
) -> Accounts:
    """Account for every message id; FIFO gives copies the id of the first. `resent`: undecided mails are sent again."""
    accounts = Accounts()
    of_id, letters_of = Counter(mail.request_id for mail in mails), _by_id(letters)
    for message_id, requests in sent_in.items():
        first, *copies = requests
        accounts.outcomes["copies that SQS has taken out"] += len(copies)
        record = records.get(message_id, Record(status="no record"))
        word = _outcome(first, record, mails=of_id[message_id], reasons=letters_of[message_id], resent=resent)
        accounts.outcomes[word.removeprefix("! ")] += 1
        if word.startswith("! "):
            accounts.problems.append(f"request {first.number} ({first.queue}, {message_id}): {word[2:]}")
        if record.status == "failed":
            accounts.reasons[record.reason] += 1
    accounts.problems += [f"a mail of nobody: {id_}" for id_ in of_id.keys() - sent_in.keys()]
    accounts.problems += [f"a dead letter of nobody: {id_}" for id_ in letters_of.keys() - sent_in.keys()]
    _check_copies(accounts, sent_in, records)
    return accounts


def _outcome(request: Request, record: Record, *, mails: int, reasons: Sequence[str], resent: bool) -> str:
    """What became of one message; `! ` before what must not be."""
    match record.status:
        case "sent" if mails and not (request.reason or request.suppressed or reasons) and (mails == 1 or resent):
            return "sent once" if mails == 1 else "sent twice in the crash window"
        case "suppressed" if request.suppressed and not mails and not reasons:
            return "suppressed"
        case "duplicate" if request.key and not mails and not reasons:
            return "one mail with another by its key"
        case "failed" if record.reason in reasons and _is_due(request, record.reason) and mails <= _undecided(record):
            return _given_up(record, mails)
        case _:
            return f"! {record.status} {record.reason}, {mails} mails, dead letters: {', '.join(reasons) or 'none'}"


def _undecided(record: Record) -> bool:
    return record.reason == "undecided"


def _is_due(request: Request, reason: str) -> bool:
    """Whether a request may be given up for a reason; a crash can hit any."""
    by_fault = not request.reason and not request.suppressed and reason in GIVEN_UP_BY_FAULTS
    return by_fault or reason in (request.reason, "undecided")


def _given_up(record: Record, mails: int) -> str:
    if not _undecided(record):
        return "dead letter with its reason"
    return "dead letter, undecided: it was sent" if mails else "dead letter, undecided: it was not sent"


def _check_copies(accounts: Accounts, sent_in: Mapping[str, Sequence[Request]], records: Mapping[str, Record]) -> None:
    """Of requests that share a key one is sent, unless one that had the key was given up."""
    by_key: defaultdict[str, list[str]] = defaultdict(list)
    for message_id, requests in sent_in.items():
        if requests[0].key:
            by_key[requests[0].key].append(records.get(message_id, Record(status="no record")).status)
    for key, statuses in by_key.items():
        found = Counter(statuses)
        if found["sent"] > 1 or not (found["sent"] or found["failed"]):
            accounts.problems.append(f"key {key}: {dict(found)}")


def out_of_order(mails: Iterable[Mail], *, groups: Mapping[int, str]) -> list[str]:
    """Mails of FIFO groups that came after a later one; a second mail of one request is no matter of order."""
    last: dict[str, int] = {}
    seen: set[int] = set()
    problems: list[str] = []
    for mail in mails:
        group = groups.get(mail.number)
        if group is None or mail.number in seen:
            continue
        seen.add(mail.number)
        if mail.number < last.get(group, -1):
            problems.append(f"group {group}: mail {mail.number} after {last[group]}")
        last[group] = max(mail.number, last.get(group, -1))
    return problems


def _by_id(letters: Iterable[Letter]) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for letter in letters:
        found[letter.request_id].append(letter.reason)
    return found
