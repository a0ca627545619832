"""The scheduled check that ends a pause of the consumer, once SES would take mails again."""

import logging
import os
import time
from typing import TYPE_CHECKING, Any

from mail_common.clients import Clients
from mail_consumer.mappings import Mappings
from mail_consumer.sending import WARM_UP, Sending
from mail_consumer.warm_up import day_of

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

logger = logging.getLogger(__name__)
logging.getLogger("mail_consumer").setLevel(logging.INFO)

clients = Clients()


def handle(_event: dict[str, Any], _context: object) -> None:
    """Resume sending if it is paused and nothing stands against it any more."""
    sending = Sending(client=clients.dynamodb, table=os.environ["SENDING_TABLE"], now=time.time)
    pause, disabled = sending.pause_and_disabled()
    if pause is None and not disabled:
        return
    if pause and pause.reason == WARM_UP and day_of(pause.since) == day_of(time.time()):
        logger.info("this day of the warm-up has had its recipients", extra={"event": "warm_up_full"})
        return
    still = obstacle(
        clients.ses,
        domain=os.environ["MAIL_DOMAIN"],
        configuration_set=os.environ["CONFIGURATION_SET"],
        quota_headroom=float(os.environ["QUOTA_HEADROOM"]),
    )
    if still:
        logger.warning("still paused", extra={"event": "still_paused", "reason": still})
        return
    # First the pause, then the mappings: in the other order the next batch would find the pause and disable them again.
    sending.resume()
    Mappings(client=clients.lambda_, sending=sending).enable(disabled)
    logger.info("resumed", extra={"event": "resumed", "reason": pause and pause.reason})


def obstacle(ses: "SESV2Client", *, domain: str, configuration_set: str, quota_headroom: float) -> str | None:
    """What keeps SES from taking mails of the domain now, if anything.

    `quota_headroom` is the part of the daily quota that must be free, so that a pause is worth ending. Fields: Amazon
    SES API v2 reference, "GetAccount", "GetConfigurationSet" and "GetEmailIdentity".
    """
    account = ses.get_account()
    quota = account.get("SendQuota", {})
    most, used = quota.get("Max24HourSend", -1.0), quota.get("SentLast24Hours", 0.0)
    if not account.get("SendingEnabled") or account.get("EnforcementStatus") == "SHUTDOWN":
        return "sending is disabled for the account"
    if most >= 0 and most - used < most * quota_headroom:
        return f"{used:.0f} of {most:.0f} recipients of the daily quota are used"
    options = ses.get_configuration_set(ConfigurationSetName=configuration_set).get("SendingOptions", {})
    if not options.get("SendingEnabled", True):
        return f"sending is disabled for the configuration set '{configuration_set}'"
    identity = ses.get_email_identity(EmailIdentity=domain)
    if not identity.get("VerifiedForSendingStatus"):
        return f"domain '{domain}' is not verified"
    mail_from = identity.get("MailFromAttributes", {})
    if mail_from.get("MailFromDomainStatus", "SUCCESS") != "SUCCESS":
        return f"mail from domain '{mail_from.get('MailFromDomain')}' is not verified"
    return None
