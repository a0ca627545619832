"""Web ACLs as their API answers them, and where their logs go; no request is ever looked at, so none is logged."""

import json
from base64 import b64encode

from local.emulator import cloudformation, ministack, ministack_edge
from local.emulator.cloudformation import Made
from local.emulator.ministack import Json

LOG_GROUP_PREFIX = "aws-waf-logs-"

_configurations: dict[str, Json] = {}
"""Logging configurations by the ARN of their web ACL."""


def install() -> None:
    """Add the type and the action that shows what it has made, and mend the rules of a template."""
    cloudformation.after("AWS::WAFv2::WebACL", _with_rules_of_the_api)
    ministack.add_resource_type("AWS::WAFv2::LoggingConfiguration", create=_put, delete=_delete)
    ministack_edge.add_web_acl_action("GetLoggingConfiguration", _get)


def _with_rules_of_the_api(web_acl: str, properties: Json, attributes: Json) -> Json:
    rules = json.loads(json.dumps(properties.get("Rules", [])), object_hook=_in_words_of_the_api)
    ministack_edge.set_web_acl_rules(web_acl, rules)
    return attributes


def _in_words_of_the_api(part: Json) -> Json:
    """Write the text of "AWS::WAFv2::WebACL ByteMatchStatement" (AWS CloudFormation Template Reference) in Base64."""
    if "SearchString" in part:
        return part | {"SearchString": b64encode(part["SearchString"].encode()).decode()}
    if "SearchStringBase64" in part:
        return {("SearchString" if name == "SearchStringBase64" else name): each for name, each in part.items()}
    return part


def _put(_logical_id: str, properties: Json, _stack_name: str) -> Made:
    """Check the destination as "Sending AWS WAF logs to Amazon CloudWatch Logs" (AWS WAF Developer Guide) says."""
    [destination] = properties["LogDestinationConfigs"]
    name = destination.partition(":log-group:")[2].removesuffix(":*")
    if not name.startswith(LOG_GROUP_PREFIX) or not ministack_edge.log_group_exists(name):
        raise ValueError(
            f"log destination {destination!r} is no log group of {ministack.region()}"
            f" with a name that starts with {LOG_GROUP_PREFIX}"
        )
    arn = properties["ResourceArn"]
    _configurations[arn] = properties
    return arn, {"ManagedByFirewallManager": False}


def _delete(arn: str, _properties: Json) -> None:
    _configurations.pop(arn, None)


def _get(request: Json) -> Json | None:
    found = _configurations.get(request["ResourceArn"])
    return found and {"LoggingConfiguration": found}
