"""Stops sending when an alarm says that the reputation is spent, before AWS does it for the whole account.

Only the configuration set is disabled: what sends with another one goes on. Sending stays off until a person has found
the cause, and enables the configuration set again:
aws sesv2 put-configuration-set-sending-options --configuration-set-name NAME --sending-enabled
"""

import json
import logging
import os
from typing import Any

from mail_common.clients import Clients

logger = logging.getLogger(__name__)
logging.getLogger("mail_feedback").setLevel(logging.INFO)

clients = Clients()


def handle(event: dict[str, Any], _context: object) -> None:
    """Disable the configuration set if an alarm of the event is on.

    The message of an alarm: Amazon CloudWatch user guide, "Notifying users on alarm changes".
    """
    alarms = [json.loads(record["Sns"]["Message"]) for record in event["Records"]]
    for alarm in alarms:
        if alarm["NewStateValue"] == "ALARM":
            name = os.environ["CONFIGURATION_SET"]
            clients.ses.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=False)
            about = {"event": "sending_stopped", "alarm": alarm["AlarmName"], "configuration_set": name}
            logger.error("sending is disabled", extra=about)
