"""The scheduled check of the account's sending quota: its figures become metrics, which alarms look at."""

import json
import logging
import time
from typing import Any

from mail_common.clients import Clients
from mail_quota.quota import embedded, figures
from mail_quota.settings import Settings

logger = logging.getLogger(__name__)
logging.getLogger("mail_quota").setLevel(logging.INFO)

clients = Clients()
settings = Settings.from_environment()


def handle(_event: dict[str, Any], _context: object) -> None:
    """Ask SES for the quota and write it down.

    The figures are printed, not logged: the embedded metric format is a line of its own.
    """
    quota: Any = clients.ses.get_account()["SendQuota"]
    values = figures(quota, send_rate=settings.send_rate)
    print(json.dumps(embedded(values, namespace=settings.namespace, at=time.time())))  # noqa: T201
    if values["send_rate_too_high"]:
        about = {"event": "send_rate_too_high", "send_rate": settings.send_rate, "allowed_rate": values["allowed_rate"]}
        logger.warning("send_rate is above what SES allows", extra=about)
