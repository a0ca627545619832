"""A database cluster that is there for a drill alone."""

import contextlib
import json
import time
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mail_common.errors import code_of
from operate.command import InputError, StageError, say
from operate.web import Web

if TYPE_CHECKING:
    from mypy_boto3_rds import RDSClient

POLICY = "restore-drill"
CAPACITY: Any = {"MinCapacity": 0.5, "MaxCapacity": 1.0}
"""Aurora capacity units, enough to count rows."""
LONGEST = 3600
"""Seconds that Aurora may take to make or to delete the cluster."""
POLL = 5.0
ENTRY_SECONDS = 120
"""How long a new permission may take to be known everywhere."""
ENTRY_POLL = 5.0


def cluster(rds: "RDSClient", name: str) -> Any:  # noqa: ANN401 (a description by RDS)
    """Return what RDS says of a cluster."""
    return rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]


def check_absent(rds: "RDSClient", name: str) -> None:
    """Refuse where the cluster is there already: it is another's, or what an interrupted drill has left."""
    try:
        cluster(rds, name)
    except ClientError as error:
        if code_of(error) == "DBClusterNotFoundFault":
            return
        raise
    way_out = f"aws rds delete-db-instance --db-instance-identifier {name}-1 --skip-final-snapshot; aws rds "
    way_out += f"delete-db-cluster --db-cluster-identifier {name} --skip-final-snapshot"
    raise StageError(f"cluster {name} is there already; if a drill has left it: {way_out}")


@contextlib.contextmanager
def temporary_cluster(rds: "RDSClient", source: Mapping[str, Any], name: str) -> Generator[Any]:
    """Yield a copy of a cluster as it was at its latest restorable time, and delete it at the end."""
    rds.restore_db_cluster_to_point_in_time(**_restoring(source, name))
    try:
        _wait("cluster", name, lambda: cluster(rds, name)["Status"])
        rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-1",
            DBClusterIdentifier=name,
            Engine=source["Engine"],
            DBInstanceClass="db.serverless",
            PubliclyAccessible=False,
        )
        _wait("instance", f"{name}-1", lambda: _instance(rds, f"{name}-1"))
        yield cluster(rds, name)
    finally:
        _delete(rds, name)


def _restoring(source: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what is asked for: as the source, but for its size and its protection."""
    asked: dict[str, Any] = {
        "DBClusterIdentifier": name,
        "SourceDBClusterIdentifier": source["DBClusterIdentifier"],
        "UseLatestRestorableTime": True,
        "DBSubnetGroupName": source["DBSubnetGroup"],
        "VpcSecurityGroupIds": [each["VpcSecurityGroupId"] for each in source["VpcSecurityGroups"]],
        "EnableIAMDatabaseAuthentication": True,
        "ServerlessV2ScalingConfiguration": CAPACITY,
        "DeletionProtection": False,
        "Tags": [{"Key": "edgepost:drill", "Value": source["DBClusterIdentifier"]}],
    }
    for given, known in (
        ("DBClusterParameterGroupName", "DBClusterParameterGroup"),
        *[("EngineLifecycleSupport",) * 2],
    ):
        if source.get(known):
            asked[given] = source[known]
    return asked


def _delete(rds: "RDSClient", name: str) -> None:
    """Delete instance and cluster, without a snapshot; a failure names what is left."""
    say("deleting", name)
    try:
        _if_there(lambda: rds.delete_db_instance(DBInstanceIdentifier=f"{name}-1", SkipFinalSnapshot=True))
        _wait("instance", f"{name}-1", lambda: _instance(rds, f"{name}-1"), until="gone")
        _if_there(lambda: rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True))
    except BaseException:
        say("left", f"cluster {name} and its instance {name}-1: delete them, they cost money")
        raise
    say("deleted", name)


def _if_there(delete: Callable[[], object]) -> None:
    try:
        delete()
    except ClientError as error:
        if code_of(error) not in {"DBInstanceNotFound", "DBInstanceNotFoundFault", "DBClusterNotFoundFault"}:
            raise


def _instance(rds: "RDSClient", name: str) -> str:
    try:
        return rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0].get("DBInstanceStatus", "unknown")
    except ClientError as error:
        if code_of(error) in {"DBInstanceNotFound", "DBInstanceNotFoundFault"}:
            return "gone"
        raise


def _wait(what: str, name: str, status: Callable[[], str], *, until: str = "available") -> None:
    deadline, seen = time.monotonic() + LONGEST, ""
    while (now := status()) != until:
        if now != seen:
            say(what, f"{name} is {now}")
            seen = now
        if time.monotonic() > deadline:
            raise StageError(f"{what} {name} is {now} after {LONGEST} s, not {until}")
        time.sleep(POLL)


def policy(made: Mapping[str, Any]) -> str:
    """Return the permission to enter the copy as its master user, and nothing else."""
    arn = made["DBClusterArn"].split(":")
    resource = f"arn:{arn[1]}:rds-db:{arn[3]}:{arn[4]}:dbuser:{made['DbClusterResourceId']}/{made['MasterUsername']}"
    statement = {"Effect": "Allow", "Action": "rds-db:connect", "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def look(web: Web, made: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is in the copy; a permission needs some seconds to be known."""
    deadline = time.monotonic() + ENTRY_SECONDS
    while True:
        try:
            return web.ask("SchemaFunction", {"look": {"host": made["Endpoint"], "port": made["Port"]}})
        except InputError as error:
            if time.monotonic() > deadline:
                raise StageError(f"the copy cannot be entered: {error}") from error
        time.sleep(ENTRY_POLL)
