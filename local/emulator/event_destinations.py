"""Who is told of a mail's events: the event destinations of its configuration set, topics and event buses."""

import json
import logging

from local.emulator import events, ministack, ministack_inbox, ses_access
from local.emulator.account import Account
from local.emulator.message import Mail
from local.emulator.ministack import Json

EVENT_TYPES = {
    "Send": "SEND",
    "Reject": "REJECT",
    "Bounce": "BOUNCE",
    "Complaint": "COMPLAINT",
    "Delivery": "DELIVERY",
    "Rendering Failure": "RENDERING_FAILURE",
}
"""A record's eventType, and the destination's MatchingEventTypes that selects it."""

DETAIL_TYPES = {
    "Send": "Email Sent",
    "Reject": "Email Rejected",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Delivery": "Email Delivered",
    "Rendering Failure": "Email Rendering Failed",
}
"""A record's eventType, and the detail-type of its event: "Amazon Simple Email Service events"."""

SUBJECT = "Amazon SES Email Event Notification"
VALIDATED = "Successfully validated SNS topic for Amazon SES event publishing."
"""What SES publishes to a topic that becomes an event destination, as receivers have recorded it; it is no JSON."""

log = logging.getLogger("event_destinations")


def install() -> None:
    """Try every topic that becomes an event destination."""
    ministack_inbox.wrap_event_destination_creation(_try)


def publish(mail: Mail, account: Account) -> None:
    """Tell a mail's event destinations what became of it; a mail without a configuration set tells nobody."""
    name = mail["configuration_set"]
    configuration_set = ministack.configuration_set(name) if name else None
    destinations = [found for found in _destinations(configuration_set) if found["Enabled"]]
    if not destinations:
        return
    for record in events.records(mail, account):
        for destination in destinations:
            if EVENT_TYPES[record["eventType"]] in destination["MatchingEventTypes"]:
                _deliver(destination, record, source=ses_access.configuration_set_arn(name))


def _try(configuration_set: str, destination: Json) -> None:
    """Refuse a topic that SES cannot publish to."""
    if topic := destination.get("SnsDestination"):
        source = ses_access.configuration_set_arn(configuration_set)
        try:
            ses_access.publish(topic["TopicArn"], VALIDATED, subject="", source=source)
        except ses_access.AccessError as reason:
            raise ValueError(
                f"BadRequestException: Could not publish to SNS topic <{topic['TopicArn']}>: {reason}"
            ) from None


def _destinations(configuration_set: Json | None) -> list[Json]:
    by_name: dict[str, Json] = (configuration_set or {}).get("EventDestinations") or {}
    return list(by_name.values())


def _deliver(destination: Json, record: Json, *, source: str) -> None:
    """Deliver a record; what is not allowed any more is lost, as SES has nobody to tell."""
    if topic := destination.get("SnsDestination"):
        try:
            ses_access.publish(topic["TopicArn"], json.dumps(record), subject=SUBJECT, source=source)
        except ses_access.AccessError as reason:
            log.warning("event %s is lost: %s", record["eventType"], reason)
    if destination.get("EventBridgeDestination"):
        ministack.put_event(detail_type=DETAIL_TYPES[record["eventType"]], detail=record, resources=[source])
