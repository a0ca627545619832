"""CloudFormation's way to make a receipt rule set the active one: a custom resource that answers for itself.

One rule set is active in an account and region, so activating ours would silence somebody else's inbox: that is done
only where it is asked for, and undone when the stack goes. Properties: `RuleSetName`; `Mode`, "activate" for a set of
the stack or "existing" for one of somebody else's that the stack has added its rules to; `TakeOver`, "true" or "false".

The physical id of an activation is `<ours>/<former>`, so that Delete knows whom to give the place back to. SES's side:
Amazon SES API reference, "SetActiveReceiptRuleSet" and "DescribeActiveReceiptRuleSet".
"""

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from botocore.session import get_session

from custom_resource.answer import answer, reason_of
from mail_common.clients import RETRY
from mail_common.errors import code_of

if TYPE_CHECKING:
    from mypy_boto3_ses import SESClient

logger = logging.getLogger(__name__)
logging.getLogger("mail_inbox").setLevel(logging.INFO)

# Between the names, which hold no slash ("CreateReceiptRuleSet": letters, numbers, dashes and underscores).
BETWEEN = "/"
# The id of what has changed nothing, so that nothing is undone when it is deleted.
NOTHING = "nothing-activated"


class ActivationError(Exception):
    """Another rule set is in the way; the text names it and the way out."""


def handle(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 - Lambda passes it
    """Do what CloudFormation asks and tell it how it went."""
    physical_id = event.get("PhysicalResourceId", NOTHING)
    try:
        client: SESClient = get_session().create_client("ses", config=RETRY)  # pyright: ignore[reportAssignmentType]
        if event["RequestType"] == "Delete":
            restore(client, physical_id)
        else:
            physical_id = bring_up_to_date(client, event["ResourceProperties"], physical_id=physical_id)
    except Exception as error:
        logger.exception("the active receipt rule set is not as it should be", extra={"event": "activation_failed"})
        answer(event, status="FAILED", reason=reason_of(error), physical_id=physical_id)
    else:
        answer(event, status="SUCCESS", physical_id=physical_id)


def bring_up_to_date(client: "SESClient", properties: dict[str, str], *, physical_id: str) -> str:
    """See to it that the named rule set is active, and return the physical id of what was done."""
    ours, active = properties["RuleSetName"], _active(client)
    if properties["Mode"] == "existing":
        _expect(ours, active=active)
        return NOTHING
    before = physical_id.split(BETWEEN) if BETWEEN in physical_id else []
    if active not in ("", ours, *before[:1]) and properties["TakeOver"] != "true":
        raise ActivationError(
            f"receipt rule set '{active}' is active, and one alone can be; set take_over=True to put '{ours}' in its "
            f"place, or existing_rule_set='{active}' to add the rules to it"
        )
    if active != ours:
        client.set_active_receipt_rule_set(RuleSetName=ours)
        logger.info("activated", extra={"event": "activated", "rule_set": ours, "former": active})
    former = before[1] if before else active
    return ours + BETWEEN + (former if former != ours else "")


def restore(client: "SESClient", physical_id: str) -> None:
    """Give the place back to the rule set that was active before ours, or to none; only while it is still ours."""
    ours, _, former = physical_id.partition(BETWEEN)
    if BETWEEN not in physical_id or _active(client) != ours:
        return
    try:
        client.set_active_receipt_rule_set(**({"RuleSetName": former} if former else {}))
    except ClientError as error:
        if code_of(error) != "RuleSetDoesNotExist":
            raise
        # Somebody has deleted it; ours has to go all the same, and an active set cannot be deleted.
        client.set_active_receipt_rule_set()
    logger.info("given back", extra={"event": "given_back", "rule_set": ours, "former": former})


def _expect(name: str, *, active: str) -> None:
    if active != name:
        raise ActivationError(
            f"existing_rule_set '{name}' is not the active receipt rule set, which is '{active or 'none'}'; activate "
            f"it first (aws ses set-active-receipt-rule-set --rule-set-name {name}) or leave existing_rule_set empty"
        )


def _active(client: "SESClient") -> str:
    return client.describe_active_receipt_rule_set().get("Metadata", {}).get("Name", "")
