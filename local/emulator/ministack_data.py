"""What is reached into of MiniStack 1.5.33 for caches and databases; `ministack` has what all share."""

# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterator

from ministack.services import elasticache, rds
from ministack.services.cloudformation import provisioners

from local.emulator.ministack import Json


def users_of(group: str) -> Iterator[tuple[str, str]]:
    """Yield the names and access strings of a user group's users."""
    for user_id in elasticache._user_groups[group]["UserIds"]:
        user = elasticache._users[user_id]
        yield user["UserName"], user["AccessString"]


def lead_replication_group(name: str, host: str, port: int) -> Json:
    """Let all endpoints of a replication group lead to one address; return its attributes for Fn::GetAtt."""
    endpoint = {"Address": host, "Port": port}
    for group in elasticache._replication_groups[name]["NodeGroups"]:
        group |= {"PrimaryEndpoint": endpoint, "ReaderEndpoint": endpoint}
        for member in group["NodeGroupMembers"]:
            member["ReadEndpoint"] = endpoint
    return provisioners._ec_rg_attrs(name)


def lead_cache_cluster(name: str, host: str, port: int) -> Json:
    """Let a cache cluster's endpoints lead to an address; return its attributes for Fn::GetAtt."""
    cluster = elasticache._clusters[name]
    cluster.setdefault("ConfigurationEndpoint", {})
    elasticache._publish_endpoint(cluster, host, port)
    return provisioners._ec_cluster_attrs(name)


def lead_database_cluster(name: str, host: str, port: int) -> Json:
    """Let a database cluster's endpoints lead to an address; return its attributes for Fn::GetAtt."""
    cluster = rds._clusters[name]
    cluster |= {"Endpoint": host, "ReaderEndpoint": host, "Port": port}
    return provisioners._rds_db_cluster_attrs(cluster)
