"""Where the logs of a web ACL go; no request is ever looked at, so none is logged."""

from local.emulator import ministack, ministack_edge
from local.emulator.cloudformation import Made
from local.emulator.ministack import Json

LOG_GROUP_PREFIX = "aws-waf-logs-"

_configurations: dict[str, Json] = {}
"""Logging configurations by the ARN of their web ACL."""


def install() -> None:
    """Add the type and the action that shows what it has made."""
    ministack.add_resource_type("AWS::WAFv2::LoggingConfiguration", create=_put, delete=_delete)
    ministack_edge.add_web_acl_action("GetLoggingConfiguration", _get)


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
