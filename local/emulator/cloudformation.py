"""What MiniStack's CloudFormation leaves out.

Outputs of other regions, DKIM attributes of an SES identity, a DynamoDB table's expiry, the letters of a secret, alarms
on an expression.
"""

import string
from collections.abc import Callable
from typing import Any

from local.emulator import ministack, ministack_edge
from local.emulator.ministack import Json

Made = tuple[str, Json]
"""A resource's physical id and its attributes for Fn::GetAtt."""


EXCLUSIONS = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
    "ExcludeUppercase": string.ascii_uppercase,
}
"""Of "AWS::SecretsManager::Secret GenerateSecretString" (AWS CloudFormation Template Reference)."""


def install() -> None:
    """Wrap how outputs are read, secrets and alarms made, and what makes and changes resources of the two types."""
    ministack_edge.read_outputs_of_other_regions()
    ministack_edge.wrap_generated_secrets(_with_all_exclusions)
    ministack.take_metric_math()
    after("AWS::SES::EmailIdentity", _with_dkim_attributes)
    after("AWS::DynamoDB::Table", _with_time_to_live)


def after(resource_type: str, finish: Callable[[str, Json, Json], Json]) -> None:
    """Let `finish` see every resource made or changed: its id, properties and attributes so far."""
    handlers = ministack.resource_handlers(resource_type)
    create: Callable[..., Made] = handlers["create"]
    update: Callable[..., Made] = handlers["update"]

    def created(logical_id: str, properties: Json, stack_name: str) -> Made:
        name, attributes = create(logical_id, properties, stack_name)
        return name, finish(name, properties, attributes)

    def updated(name: str, old: Json, new: Json, stack_name: str, logical_id: str | None = None) -> Made:
        name, attributes = update(name, old, new, stack_name, logical_id)
        return name, finish(name, new, attributes)

    handlers.update(create=created, update=updated, update_with_logical_id=True)


def _with_dkim_attributes(domain: str, _properties: Json, attributes: Json) -> Json:
    """Add the six return values of "AWS::SES::EmailIdentity" (AWS CloudFormation Template Reference).

    MAIL FROM counts as verified at once, as MiniStack's identities do.
    """
    identity = ministack.identity(domain)
    if identity is None or identity["IdentityType"] != "DOMAIN":
        return attributes
    tokens = ministack.dkim_tokens(domain)
    signing: Json = {
        "SigningEnabled": True,
        "SigningAttributesOrigin": "AWS_SES",
        "Status": "SUCCESS",
        "Tokens": tokens,
    }
    identity["DkimAttributes"] |= signing
    identity["MailFromAttributes"]["MailFromDomainStatus"] = "SUCCESS"
    records: dict[str, Any] = {}
    for number, token in enumerate(tokens, start=1):
        records[f"DkimDNSTokenName{number}"] = f"{token}._domainkey.{domain}"
        records[f"DkimDNSTokenValue{number}"] = f"{token}.dkim.amazonses.com"
    return attributes | records


def _with_time_to_live(table: str, properties: Json, attributes: Json) -> Json:
    """Apply "AWS::DynamoDB::Table TimeToLiveSpecification" (AWS CloudFormation Template Reference)."""
    specification = properties.get("TimeToLiveSpecification")
    if specification is None:
        ministack.forget_time_to_live(table)
    else:
        # A template may hold booleans as text.
        enabled = str(specification["Enabled"]).lower() == "true"
        ministack.set_time_to_live(table, specification | {"Enabled": enabled})
    return attributes


def _with_all_exclusions(asked: Json) -> Json:
    """Write every exclusion as letters, the only ones that MiniStack looks at."""
    # A template may hold booleans as text.
    chosen = [letters for name, letters in EXCLUSIONS.items() if str(asked.get(name)).lower() == "true"]
    return asked | {"ExcludeCharacters": "".join([asked.get("ExcludeCharacters", ""), *chosen])}
