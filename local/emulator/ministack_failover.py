"""TestFailover, which MiniStack 1.5.33 has not; what is reached into of it for this."""

# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import contextvars
import threading
from collections.abc import Callable
from urllib.parse import parse_qs

from ministack.services import elasticache

from local.emulator.ministack import Json


def add_test_failover(fail_over: Callable[[str], None]) -> None:
    """Add TestFailover, which takes some seconds: `fail_over` gets the replication group's ARN."""
    rest = elasticache.handle_request

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Json) -> object:
        request: Json = {**query, **parse_qs(body.decode(errors="replace"))}
        if elasticache._p(request, "Action") == "TestFailover":
            return _test_failover(request, fail_over)
        return await rest(method, path, headers, body, query)

    elasticache.handle_request = handle


def _test_failover(request: Json, fail_over: Callable[[str], None]) -> object:
    """Refuse what "TestFailover" (Amazon ElastiCache API reference) refuses, and swap the roles of two nodes."""
    name, shard = (elasticache._p(request, each) for each in ("ReplicationGroupId", "NodeGroupId"))
    group = elasticache._replication_groups.get(name)
    if group is None:
        return elasticache._error("ReplicationGroupNotFoundFault", f"Replication group {name} not found", 404)
    nodes = next((each for each in group["NodeGroups"] if each["NodeGroupId"] == shard), None)
    if nodes is None:
        return elasticache._error("NodeGroupNotFoundFault", f"Node group {shard} not found", 404)
    if group["AutomaticFailover"] != "enabled" or group["Status"] != "available":
        text = f"Replication group {name} must be available, with automatic failover enabled"
        return elasticache._error("InvalidReplicationGroupState", text, 400)
    primary, replica = nodes["NodeGroupMembers"][:2]
    if primary["CurrentRole"] != "primary":
        primary, replica = replica, primary
    group["Status"] = "modifying"
    elasticache._record_event(name, "replication-group", f"Test Failover API called for node group {shard}")

    def finish() -> None:
        fail_over(group["ARN"])
        primary["CurrentRole"], replica["CurrentRole"] = "replica", "primary"
        nodes_named = f"primary node {primary['CacheClusterId']} to replica node {replica['CacheClusterId']}"
        elasticache._record_event(name, "replication-group", f"Failover from {nodes_named} completed")
        group["Status"] = "available"

    # In the account and region of the request.
    threading.Thread(target=contextvars.copy_context().run, args=[finish], daemon=True).start()
    answer = (
        f"<TestFailoverResult><ReplicationGroup>{elasticache._rg_xml(group)}</ReplicationGroup></TestFailoverResult>"
    )
    return elasticache._xml(200, "TestFailoverResponse", answer)
