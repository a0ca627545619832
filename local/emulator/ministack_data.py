"""What is reached into of MiniStack 1.5.33 for caches and databases; `ministack` has what all share."""

# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import contextvars
import copy
import threading
from collections.abc import Callable
from typing import cast

from ministack.services import elasticache, rds
from ministack.services.cloudformation import provisioners

from local.emulator.ministack import Json, resource_handlers

MEMCACHED = "memcached"

# What changes what runs, and what takes it back if nothing can run so.
CREATE = {
    "_create_replication_group": "_delete_replication_group",
    "_create_cache_cluster": "_delete_cache_cluster",
}
CHANGE = (
    *("_modify_replication_group", "_increase_replica_count", "_decrease_replica_count", "_delete_replication_group"),
    *("_modify_cache_cluster", "_delete_cache_cluster"),
    *("_modify_cache_parameter_group", "_reset_cache_parameter_group"),
    *("_modify_user", "_delete_user", "_modify_user_group", "_delete_user_group"),
)


# ElastiCache


def after_elasticache(change: Callable[[], str]) -> None:
    """Call `change` after all that concerns caches, by API or template; it returns what is wrong, or nothing."""
    undo = {name: getattr(elasticache, delete) for name, delete in CREATE.items()}
    for name in (*CREATE, *CHANGE):
        _follow(name, change, undo.get(name))


def _follow(name: str, change: Callable[[], str], undo: Callable[[Json], object] | None) -> None:
    action = getattr(elasticache, name)

    def followed(request: Json) -> object:
        answer = action(request)
        problem = change()
        if problem and undo:
            undo(request)
            return elasticache._error("InvalidParameterValue", problem, 400)
        return answer

    setattr(elasticache, name, followed)


def take_authentication_mode() -> None:
    """Let users have the authentication mode that they are made with."""
    create = elasticache._create_user

    def created(request: Json) -> object:
        answer = create(request)
        if mode := elasticache._p(request, "AuthenticationMode.Type"):
            elasticache._users[elasticache._p(request, "UserId")]["Authentication"] |= {"Type": mode}
        return answer

    elasticache._create_user = created


def replication_groups() -> list[Json]:
    """Return the replication groups of this account and region."""
    return list(elasticache._replication_groups.values())


def memcached_clusters() -> list[Json]:
    """Return the Memcached clusters of this account and region."""
    return [cluster for cluster in elasticache._clusters.values() if cluster["Engine"] == MEMCACHED]


def users_of(group: Json) -> dict[str, str]:
    """Return the access strings of a replication group's users, by name."""
    groups = (elasticache._user_groups.get(each) for each in group["UserGroupIds"])
    ids = [user for each in groups if each for user in each["UserIds"]]
    users = (elasticache._users.get(user) for user in ids)
    return {user["UserName"]: user["AccessString"] for user in users if user}


def parameters_of(group: Json) -> dict[str, str]:
    """Return what a replication group's parameter group says."""
    parameters = elasticache._param_group_params.get(group["CacheParameterGroupName"]) or {}
    return {name: parameter["Value"] for name, parameter in parameters.items()}


def lead_replication_group(group: Json, host: str, port: int) -> None:
    """Let all endpoints of a replication group lead to one address."""
    endpoint = {"Address": host, "Port": port}
    for nodes in group["NodeGroups"]:
        nodes |= {"PrimaryEndpoint": endpoint, "ReaderEndpoint": endpoint}
        for member in nodes["NodeGroupMembers"]:
            member["ReadEndpoint"] = endpoint
    for member in group["MemberClusters"]:
        elasticache._publish_endpoint(elasticache._clusters[member], host, port)


def lead_cache_cluster(cluster: Json, host: str, port: int) -> None:
    """Let a Memcached cluster's endpoints lead to an address."""
    cluster.setdefault("ConfigurationEndpoint", {})
    elasticache._publish_endpoint(cluster, host, port)


def describe_configuration_endpoints() -> None:
    """Let DescribeCacheClusters tell a Memcached cluster's configuration endpoint."""
    describe = elasticache._cluster_xml_inner

    def described(cluster: Json) -> str:
        endpoint = "".join(
            f"<{name}>{value}</{name}>" for name, value in cluster.get("ConfigurationEndpoint", {}).items()
        )
        return f"{describe(cluster)}<ConfigurationEndpoint>{endpoint}</ConfigurationEndpoint>"

    elasticache._cluster_xml_inner = described


# RDS

ACTIONS = cast("dict[str, Callable[[Json], object]]", rds._ACTION_MAP)


def database_cluster(name: str) -> Json:
    """Return a database cluster of this account and region."""
    return cast("Json", rds._clusters[name])


def lead_database_cluster(cluster: Json, host: str, port: int) -> Json:
    """Let a database cluster's endpoints lead to an address; return its attributes for Fn::GetAtt."""
    cluster |= {"Endpoint": host, "ReaderEndpoint": host, "Port": port}
    return provisioners._rds_db_cluster_attrs(cluster)


def after_database_deletion(change: Callable[[], object]) -> None:
    """Call `change` after CloudFormation or the API has deleted a database cluster."""
    handlers = resource_handlers("AWS::RDS::DBCluster")
    delete, delete_by_api = handlers["delete"], ACTIONS["DeleteDBCluster"]

    def deleted(name: str, properties: Json) -> None:
        delete(name, properties)
        change()

    def deleted_by_api(request: Json) -> object:
        answer = delete_by_api(request)
        change()
        return answer

    handlers["delete"] = deleted
    ACTIONS["DeleteDBCluster"] = deleted_by_api


def add_point_in_time_restore(restore: Callable[[str, Json], None]) -> None:
    """Add RestoreDBClusterToPointInTime to the latest time; `restore` gets the source's ARN and the new cluster."""

    def asked(request: Json) -> object:
        name, source_name = (rds._p(request, each) for each in ("DBClusterIdentifier", "SourceDBClusterIdentifier"))
        source = rds._clusters.get(source_name)
        if source is None:
            return rds._error("DBClusterNotFoundFault", f"DBCluster {source_name} not found.", 404)
        if name in rds._clusters:
            return rds._error("DBClusterAlreadyExistsFault", f"DB cluster {name} already exists.", 400)
        if rds._p(request, "UseLatestRestorableTime") != "true":
            text = "The embedded cloud has no backups: only UseLatestRestorableTime is there."
            return rds._error("InvalidParameterCombination", text, 400)
        cluster = rds._clusters[name] = _restored(name, source, request)

        def finish() -> None:
            restore(source["DBClusterArn"], cluster)
            cluster["Status"] = "available"

        threading.Thread(target=contextvars.copy_context().run, args=[finish], daemon=True).start()
        answer = f"<DBCluster>{rds._cluster_xml(cluster)}</DBCluster>"
        result = f"<RestoreDBClusterToPointInTimeResult>{answer}</RestoreDBClusterToPointInTimeResult>"
        return rds._xml(200, "RestoreDBClusterToPointInTimeResponse", result)

    ACTIONS["RestoreDBClusterToPointInTime"] = asked


def _restored(name: str, source: Json, request: Json) -> Json:
    """Return the record of a restored cluster, which has its source's engine and users, and groups of its own."""
    groups = rds._parse_member_list(request, "VpcSecurityGroupIds")
    return copy.deepcopy(source) | {
        "DBClusterIdentifier": name,
        "DBClusterArn": source["DBClusterArn"].rpartition(":")[0] + f":{name}",
        "DbClusterResourceId": provisioners._rds_cluster_resource_id(),
        "DBClusterMembers": [],
        "DeletionProtection": rds._p(request, "DeletionProtection") == "true",
        "DBSubnetGroup": rds._p(request, "DBSubnetGroupName") or "default",
        "VpcSecurityGroups": [{"VpcSecurityGroupId": each, "Status": "active"} for each in groups],
        "Status": "creating",
    }


# Both


def arns() -> set[str]:
    """Return the ARNs of all caches and database clusters there are, whatever their account and region."""
    stores = (
        (elasticache._replication_groups, "ARN"),
        (elasticache._clusters, "CacheClusterArn"),
        (rds._clusters, "DBClusterArn"),
    )
    return {record[name] for store, name in stores for record in list(store._data.values())}
