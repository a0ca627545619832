"""What is reached into of MiniStack 1.5.33 for receiving mail; `ministack` has what all share."""

# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import contextlib
import logging
import os
from collections.abc import Callable, Generator
from http import HTTPStatus
from typing import Any, cast
from xml.etree import ElementTree as ET

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import kms, s3, ses, ses_v2, sns
from ministack.services.cloudformation import provisioners

from local.emulator.ministack import Json, Response

log = logging.getLogger("ministack_inbox")

MAX_NAME = 64
"""Characters of a rule's or rule set's name: "ReceiptRule", SES API."""


def generated_name(stack_name: str, logical_id: str) -> str:
    """Return the name of a rule or rule set to which a template gives none, the same one at every call."""
    return str(provisioners._physical_name(stack_name, logical_id, max_len=MAX_NAME))


# Receipt rules


def create_rule_set(name: str) -> None:
    """Create a receipt rule set as CreateReceiptRuleSet does."""
    _checked(ses._create_receipt_rule_set({"RuleSetName": name}))


def delete_rule_set(name: str) -> None:
    """Delete a receipt rule set and its rules as DeleteReceiptRuleSet does, which refuses that to the active one."""
    _checked(ses._delete_receipt_rule_set({"RuleSetName": name}))


def create_rule(rule_set: str, rule: Json, *, after: str) -> None:
    """Create a receipt rule as CreateReceiptRule does: behind the one named `after`, or else before all others."""
    position = {"After": after} if after else {}
    _checked(ses._create_receipt_rule({"RuleSetName": rule_set, **_flat("Rule", rule), **position}))


def replace_rule(rule_set: str, rule: Json, *, after: str) -> None:
    """Put a receipt rule in the place of the one with its name; what the service refuses leaves that as it was."""
    rules = _rules(rule_set)
    before = list(rules)
    delete_rule(rule_set, rule["Name"])
    try:
        create_rule(rule_set, rule, after=after)
    except ValueError:
        rules[:] = before
        raise


def delete_rule(rule_set: str, name: str) -> None:
    """Delete a receipt rule, unless it or its set is gone."""
    rules = _rules(rule_set)
    rules[:] = [rule for rule in rules if rule["Name"] != name]


def _rules(rule_set: str) -> list[Json]:
    return cast("list[Json]", ses._receipt_rule_sets.get(rule_set, {}).get("Rules", []))


def _flat(name: str, value: object) -> dict[str, str]:
    """Write a value of a template as the parameters of a query: "ReceiptRule", SES API."""
    if isinstance(value, dict):
        parts = [(f"{name}.{key}", each) for key, each in value.items()]
    elif isinstance(value, list):
        parts = [(f"{name}.member.{number}", each) for number, each in enumerate(value, start=1)]
    else:
        return {name: str(value)}
    return {flat: text for key, each in parts for flat, text in _flat(key, each).items()}


def _checked(response: Response) -> None:
    """Take an answer; a refusal fails the deploy with the service's own words."""
    status, _, body = response
    if status >= HTTPStatus.BAD_REQUEST:
        error = ET.fromstring(body)  # noqa: S314 (MiniStack's own)
        raise ValueError(f"{error.findtext('.//{*}Code')}: {error.findtext('.//{*}Message')}")


Check = Callable[[str, Json], None]
"""Gets the name of a set and what is to be part of it, as the API keeps it; ValueError("code: message") refuses it."""


def wrap_rule_creation(check: Check) -> None:
    """Let `check` see every receipt rule that is made or changed, with the name of its set."""
    create = ses._create_receipt_rule

    def created(parameters: Json) -> Response:
        response = create(parameters)
        if response[0] < HTTPStatus.BAD_REQUEST:
            rule_set, name = (ses._p(parameters, each) for each in ("RuleSetName", "Rule.Name"))
            try:
                check(rule_set, next(rule for rule in _rules(rule_set) if rule["Name"] == name))
            except ValueError as refusal:
                delete_rule(rule_set, name)
                code, _, message = str(refusal).partition(": ")
                return cast("Response", ses._receipt_error(code, message))
        return response

    ses._create_receipt_rule = created


def wrap_event_destination_creation(check: Check) -> None:
    """Let `check` see every event destination that is made or changed, with the name of its configuration set."""
    put = ses_v2._put_event_destination

    def checked(configuration_set: str, name: str, definition: Json, *, create: bool) -> Response | None:
        destinations: Json = (ses_v2._config_sets.get(configuration_set) or {}).get("EventDestinations") or {}
        before = destinations.get(name)
        response = put(configuration_set, name, definition, create=create)
        if response is None:
            destinations = ses_v2._config_sets[configuration_set]["EventDestinations"]
            try:
                check(configuration_set, destinations[name])
            except ValueError as refusal:
                destinations |= {name: before}
                if before is None:
                    del destinations[name]
                code, _, message = str(refusal).partition(": ")
                return cast("Response", ses_v2._json_err(code, message))
        return cast("Response | None", response)

    ses_v2._put_event_destination = checked


def resources_of_tenant(name: str) -> list[str] | None:
    """Return the ARNs of what is associated with a tenant; None: there is no such tenant."""
    resources = ses_v2._tenant_resources.get(name)
    return None if resources is None else list(resources)


def active_rule_set() -> tuple[str, list[Json]]:
    """Return the name and the rules of the active receipt rule set; none is active under an empty name."""
    name = str(ses._active_receipt_rule_set.get("name") or "")
    return name, _rules(name)


def is_verified_domain(domain: str) -> bool:
    """Tell whether a domain or a parent of it is a verified identity."""
    return bool(ses._identity_verified(f"@{domain}"))


@contextlib.contextmanager
def in_home_region() -> Generator[None]:
    """Act outside of a request, in the account and region that the embedded cloud has by itself, and over TLS."""
    iam_evaluator.pin_request_origin("127.0.0.1", secure_transport=True)
    with request_scope(get_account_id(), os.environ["MINISTACK_REGION"]):
        yield


# What a service may do


def policy(service: str, arn: str) -> str | None:
    """Return the policy of a bucket ("s3"), topic ("sns") or key ("kms"); None: there is no such resource."""
    found = iam_evaluator._resource_policy(service, arn)
    return None if found is None else str(found[0])


def allows(policy: str, *, principal: str, action: str, arn: str, source: str) -> bool:
    """Tell whether a policy lets a service do an action on behalf of the resource `source`; it always speaks TLS."""
    keys = {"aws:sourcearn": source, "aws:sourceaccount": get_account_id(), "aws:sourceowner": get_account_id()}
    request = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=arn,
        region=get_region(),
        secure_transport=True,
        service_context=keys,
    )
    return evaluate_resource_policy(policy, request, service=principal).decision == "Allow"


def key_of_topic(arn: str) -> str:
    """Return the ARN of the key that encrypts a topic, or nothing; one that does not exist as it was given."""
    key = str(sns._topics.get(arn, {}).get("attributes", {}).get("KmsMasterKeyId") or "")
    record = kms._resolve_key(key) if key else None
    return record["Arn"] if record else key


def put_object(bucket: str, key: str, body: bytes) -> None:
    """Put an object into a bucket as it is."""
    s3._put_object(bucket, key, body, {"content-type": "application/octet-stream"})


Permission = tuple[str, str]
"""An action, and the ARN of what it is done to."""


def wrap_enforcement(more: Callable[[str, str], list[Permission]]) -> None:
    """Let `more` say what a caller must be allowed to do beside the action that it asks for."""
    enforce = iam_evaluator.enforce

    def enforced(key: str, action: str, service: str, region: str, **about: Any) -> object:  # noqa: ANN401 (ARN and keys)
        denied = enforce(key, action, service, region, **about)
        for needed, arn in [] if denied else more(action, about.get("resource_arn", "*")):
            if denied := enforce(key, needed, needed.partition(":")[0], region, resource_arn=arn):
                log.warning("%s is refused for want of %s on %s", action, needed, arn)
                break
        return denied

    iam_evaluator.enforce = enforced
