"""`make sandbox`: whether SES keeps the account in its sandbox, and the request to leave it, filled in.

ACCEPT=yes sends the request, with URL as the website and EMAIL as a further address that AWS tells how it ends. SES
counts this by region, for every stage of the account there.
"""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from operate import stage
from operate.command import InputError, StageError, run, say
from stacks.config import STAGES, StageConfig

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

UNLIMITED = -1
CASE = """\
We send {kinds} from {domain}, each asked for by its recipient: nobody is on a list that was bought or collected.
- Recipients: [who they are, and where they asked for mail; how many there are].
- Volume: about [number] mails a day, at most {rate} a second, which our sender itself keeps to.
- Authentication: Easy DKIM, a MAIL FROM domain with SPF, DMARC (p={dmarc}).
- Bounces and complaints: SES's events reach a function within seconds; an address that bounces for good or complains
  gets no more mail, by our own list and by the account's. Sending stops by itself before the rates that SES reviews.
- Unsubscribing: one click, by List-Unsubscribe (RFC 8058) and a link in the text.
- An example: [the text of a usual mail, or a link to it].
"""
"""What reviewers ask for ("Request production access", Amazon SES developer guide)."""


def main() -> int:
    """Tell how things are and what to send, and send it if it is asked for."""
    name = stage.chosen()
    accept = os.environ.get("ACCEPT", "")
    if accept not in {"", "yes"}:
        raise InputError(f"ACCEPT '{accept}' is not yes; leave it out to see what would be sent")
    ses: SESV2Client = stage.connect(name)("sesv2")
    account: Mapping[str, Any] = ses.get_account()
    config = STAGES[name]
    for word, text in told(config, account):
        say(word, text)
    if account["ProductionAccessEnabled"]:
        return 0
    wanted = request(config, os.environ)
    print(f"\nThe request, for {config.region}:")
    for field, value in wanted.items():
        say("field", f"{field}: {value}")
    print(f"\nWhat AWS asks in the case that it opens; fill in what stands in brackets:\n{case(config)}")
    if accept:
        send(ses, account, wanted)
    else:
        print("Nothing is sent. To send the request: make sandbox ACCEPT=yes URL=<your website> EMAIL=<yours>")
    return 0


def told(config: StageConfig, account: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what SES says of the account in the stage's region."""
    where = f"in {config.region}"
    yield (
        "account",
        f"has production access {where}" if account["ProductionAccessEnabled"] else f"in the sandbox {where}",
    )
    quota = account["SendQuota"]
    most = "no limit" if quota["Max24HourSend"] == UNLIMITED else f"{quota['Max24HourSend']:g}"
    rate = quota["MaxSendRate"]
    yield "quota", f"{quota['SentLast24Hours']:g} sent in 24 hours, {most} allowed; {rate:g} recipients a second"
    if config.consumer.send_rate > rate:
        yield (
            "setting",
            f'send_rate {config.consumer.send_rate:g} is above {rate:g}; set send_rate in STAGES["{config.name}"]',
        )
    if not account["SendingEnabled"]:
        yield "stopped", f"sending is off, {account.get('EnforcementStatus', 'with no reason given')}"
    if review := account.get("Details", {}).get("ReviewDetails"):
        yield "review", f"{review.get('Status', 'unknown')}, support case {review.get('CaseId', 'unknown')}"


def request(config: StageConfig, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return what PutAccountDetails gets (Amazon SES API v2 reference); its UseCaseDescription is deprecated."""
    wanted: dict[str, Any] = {
        "MailType": "TRANSACTIONAL",
        "WebsiteURL": typed.get("URL") or config.web.url or f"https://{config.domain.domain}",
        "ContactLanguage": "EN",
        "ProductionAccessEnabled": True,
    }
    if email := typed.get("EMAIL", ""):
        if "@" not in email.strip("@"):
            raise InputError(f"EMAIL '{email}' is not a mail address, as you@example.com")
        wanted["AdditionalContactEmailAddresses"] = [email]
    return wanted


def case(config: StageConfig) -> str:
    """Return the description, as far as the stage's settings know it."""
    return CASE.format(
        kinds="sign-in links, answers to a contact form and what our own services ask to be sent",
        domain=config.domain.domain,
        rate=f"{config.consumer.send_rate:g}",
        dmarc=config.domain.dmarc_policy,
    )


def send(ses: "SESV2Client", account: Mapping[str, Any], wanted: dict[str, Any]) -> None:
    """Send the request; AWS reviews it within a day or so, and opens a support case."""
    if account.get("Details", {}).get("ReviewDetails", {}).get("Status") == "PENDING":
        raise StageError("a request is under review already; answer in its support case")
    where = urlsplit(str(wanted["WebsiteURL"]))
    if where.scheme not in {"http", "https"} or "." not in (where.hostname or ""):
        raise InputError(f"URL '{wanted['WebsiteURL']}' is no website that reviewers can open")
    ses.put_account_details(**wanted)
    say("sent", "the request; AWS answers in a support case, usually within a day")


if __name__ == "__main__":
    run("sandbox", main)
