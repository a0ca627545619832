"""`make restore` with a stand-in for RDS; `tests/end_to_end/test_data_commands.py` has a real PostgreSQL."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from operate import deployed_stacks, drill, restore, stage
from operate.deployed_stacks import DeployedStack, Resource
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]
SOURCE: dict[str, Any] = {
    "DBClusterIdentifier": "edgepost-dev",
    "DBClusterArn": "arn:aws:rds:ap-northeast-1:123456789012:cluster:edgepost-dev",
    "DbClusterResourceId": "cluster-LIVE",
    "Engine": "aurora-postgresql",
    "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
    "MasterUsername": "edgepost",
    "DBSubnetGroup": "subnets",
    "DBClusterParameterGroup": "parameters",
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
    "Endpoint": "live.test",
    "Port": 5432,
    "Status": "available",
    "LatestRestorableTime": datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
}
LIVE = {"migrations": ["0001_posts.sql"], "rows": {"posts": 7, "images": 0}, "changed": "2026-11-24"}


class Account:
    """RDS, IAM and the schema's function; `calls` is what was changed, in order."""

    def __init__(self) -> None:
        self.clusters: dict[str, dict[str, Any]] = {"edgepost-dev": SOURCE}
        self.instances: dict[str, str] = {}
        self.calls: list[str] = []
        self.restored: dict[str, Any] = {}
        self.policy: dict[str, Any] = {}
        self.refuse = ""
        self.answers: list[dict[str, Any]] = [LIVE, {"error": "PAM authentication failed"}, LIVE]
        self.asked: list[Any] = []

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name == self.refuse:
            raise ClientError({"Error": {"Code": "Refused", "Message": "no"}}, name)

    def describe_db_clusters(self, *, DBClusterIdentifier: str) -> Any:  # noqa: N803 (boto3's names)
        if DBClusterIdentifier not in self.clusters:
            raise ClientError({"Error": {"Code": "DBClusterNotFoundFault", "Message": "no"}}, "DescribeDBClusters")
        return {"DBClusters": [self.clusters[DBClusterIdentifier]]}

    def restore_db_cluster_to_point_in_time(self, **asked: Any) -> None:
        self._call("restore")
        self.restored = asked
        name = asked["DBClusterIdentifier"]
        made = {"Endpoint": "copy.test", "DbClusterResourceId": "cluster-COPY", "DBClusterIdentifier": name}
        self.clusters[name] = SOURCE | made

    def create_db_instance(self, *, DBInstanceIdentifier: str, **_: Any) -> None:  # noqa: N803
        self._call("create instance")
        self.instances[DBInstanceIdentifier] = "available"

    def describe_db_instances(self, *, DBInstanceIdentifier: str) -> Any:  # noqa: N803
        if DBInstanceIdentifier not in self.instances:
            raise ClientError({"Error": {"Code": "DBInstanceNotFound", "Message": "no"}}, "DescribeDBInstances")
        return {"DBInstances": [{"DBInstanceStatus": self.instances[DBInstanceIdentifier]}]}

    def delete_db_instance(self, *, DBInstanceIdentifier: str, SkipFinalSnapshot: bool) -> None:  # noqa: N803
        assert SkipFinalSnapshot
        self.describe_db_instances(DBInstanceIdentifier=DBInstanceIdentifier)
        self._call("delete instance")
        del self.instances[DBInstanceIdentifier]

    def delete_db_cluster(self, *, DBClusterIdentifier: str, SkipFinalSnapshot: bool) -> None:  # noqa: N803
        assert SkipFinalSnapshot
        assert DBClusterIdentifier == "edgepost-dev-drill"
        self._call("delete cluster")
        del self.clusters[DBClusterIdentifier]

    def put_role_policy(self, *, RoleName: str, PolicyName: str, PolicyDocument: str) -> None:  # noqa: N803
        self._call(f"allow {RoleName} {PolicyName}")
        self.policy = json.loads(PolicyDocument)["Statement"][0]

    def delete_role_policy(self, *, RoleName: str, PolicyName: str) -> None:  # noqa: N803
        self._call(f"end {RoleName} {PolicyName}")

    def get_function_configuration(self, **_: str) -> Any:
        return {"Role": "arn:aws:iam::123456789012:role/schema"}

    def invoke(self, *, FunctionName: str, Payload: str) -> Any:  # noqa: N803
        self.asked.append((FunctionName, json.loads(Payload)["look"]))
        return {"Payload": io.BytesIO(json.dumps(self.answers.pop(0)).encode())}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    account = Account()
    cluster = Resource(kind="AWS::RDS::DBCluster", id="edgepost-dev", policy="Delete", properties={})
    stack = DeployedStack(part="data", name="d", is_protected=False, resources=[cluster], connect=lambda _: account)
    monkeypatch.setattr(deployed_stacks, "find", lambda *_: iter([stack]))
    monkeypatch.setattr(stage, "outputs", lambda *_: {"SchemaFunction": "schema-function"})
    monkeypatch.setattr("builtins.input", lambda: "dev")
    for name in ("POLL", "ENTRY_POLL"):
        monkeypatch.setattr(drill, name, 0.0)
    monkeypatch.setenv("STAGE", "dev")
    return account


DRILL = ["restore", "create instance", "allow schema restore-drill", "end schema restore-drill"]
DELETED = ["delete instance", "delete cluster"]


def test_a_drill_restores_beside_the_database_looks_into_the_copy_and_leaves_nothing(
    account: Account, command: Command
) -> None:
    code, lines, errors = command("restore", restore.main)
    assert (code, errors) == (0, [])
    assert account.calls == [*DRILL, *DELETED]
    assert (list(account.clusters), account.instances) == (["edgepost-dev"], {})
    assert account.asked == [("schema-function", {})] + 2 * [("schema-function", {"host": "copy.test", "port": 5432})]
    assert "restored   7 posts, 0 images; last change 2026-11-24; 1 migrations" in lines
    assert lines[-1] == "same       as the database"


def test_the_copy_stands_where_the_database_does_and_is_as_small_as_can_be(account: Account, command: Command) -> None:
    command("restore", restore.main)
    asked = account.restored
    assert asked["SourceDBClusterIdentifier"] == "edgepost-dev"
    assert (asked["DBSubnetGroupName"], asked["VpcSecurityGroupIds"]) == ("subnets", ["sg-1"])
    assert (asked["DBClusterParameterGroupName"], asked["UseLatestRestorableTime"]) == ("parameters", True)
    assert asked["EngineLifecycleSupport"] == "open-source-rds-extended-support-disabled"
    assert (asked["DeletionProtection"], asked["ServerlessV2ScalingConfiguration"]["MaxCapacity"]) == (False, 1.0)


def test_the_function_may_enter_the_copy_alone_as_its_master(account: Account, command: Command) -> None:
    command("restore", restore.main)
    assert account.policy == {
        "Effect": "Allow",
        "Action": "rds-db:connect",
        "Resource": "arn:aws:rds-db:ap-northeast-1:123456789012:dbuser:cluster-COPY/edgepost",
    }


@pytest.mark.parametrize("refused", ["create instance", "allow schema restore-drill"])
def test_a_drill_that_fails_deletes_what_it_has_made(account: Account, command: Command, refused: str) -> None:
    account.refuse = refused
    assert command("restore", restore.main)[0] == 2
    assert (list(account.clusters), account.instances) == (["edgepost-dev"], {})


def test_a_copy_that_cannot_be_entered_is_deleted_and_told(
    account: Account, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill, "ENTRY_SECONDS", -1)
    code, _, (error,) = command("restore", restore.main)
    assert (code, error) == (2, "restore: the copy cannot be entered: PAM authentication failed")
    assert account.calls[-3:] == ["end schema restore-drill", *DELETED]


def test_what_cannot_be_deleted_is_named(account: Account, command: Command) -> None:
    account.refuse = "delete instance"
    code, lines, _ = command("restore", restore.main)
    assert code == 2
    assert (
        "left       cluster edgepost-dev-drill and its instance edgepost-dev-drill-1: delete them, they cost money"
        in (lines)
    )


@pytest.mark.parametrize(
    ("copy", "told"),
    [
        (LIVE | {"migrations": []}, "differs    migrations are others"),
        (LIVE | {"rows": {"posts": 0, "images": 0}}, "differs    nothing in posts"),
        (LIVE | {"rows": {"posts": 6, "images": 0}}, "same       but for what was changed since"),
    ],
)
def test_the_copy_is_compared_with_the_database(
    account: Account, command: Command, copy: dict[str, Any], told: str
) -> None:
    account.answers = [LIVE, copy]
    code, lines, _ = command("restore", restore.main)
    assert (code, lines[-1].startswith(told)) == (0 if told.startswith("same") else 1, True)


def test_nothing_is_made_unless_the_name_of_the_stage_is_typed(
    account: Account, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda: "y")
    assert command("restore", restore.main)[0] == 2
    assert account.calls == []


def test_a_cluster_that_has_the_name_of_the_copy_is_never_touched(account: Account, command: Command) -> None:
    account.clusters["edgepost-dev-drill"] = SOURCE
    code, _, (error,) = command("restore", restore.main)
    assert (code, account.calls) == (2, [])
    assert error.startswith("restore: cluster edgepost-dev-drill is there already; if a drill has left it: aws rds ")
