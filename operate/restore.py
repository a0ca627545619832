"""`make restore`: a drill, not a repair. Restore the database's backups into a cluster of its own, look, and delete it.

The copy is of the latest restorable time, in the same subnets and security groups, and encrypted with the same key. The
schema's function looks into both by a transaction that can change nothing, with a permission on the copy that is given
for the drill alone. The database itself is only read ("Restoring a DB cluster to a specified time", Aurora user guide).
In the embedded cloud, which keeps no backups, the copy is made of the running PostgreSQL by pg_basebackup.
"""

import contextlib
import time
from collections.abc import Generator
from datetime import datetime
from typing import Any

from operate import deployed_stacks, drill, stage
from operate.command import run, say
from operate.confirmation import confirm
from operate.web import Web

FAILED = 1


def main() -> int:
    """Run the drill."""
    name = stage.chosen()
    data = deployed_stacks.one(name, "data")
    rds = data.connect("rds")
    (cluster,) = data.of("AWS::RDS::DBCluster")
    source = drill.cluster(rds, cluster.id)
    copy = f"{cluster.id}-drill"
    drill.check_absent(rds, copy)
    web = Web(outputs=stage.outputs(name, "data", data.connect), functions=data.connect("lambda"))
    live = web.ask("SchemaFunction", {"look": {}})
    say("database", f"{cluster.id}: {told(live)}")
    say("backups", f"from {moment(source, 'EarliestRestorableTime')} to {moment(source, 'LatestRestorableTime')}")
    confirm(name, f"this makes cluster {copy}, which costs as a small database for about an hour, and deletes it again")
    restored = try_restore(data, source, copy, web)
    say("restored", told(restored))
    return compare(live, restored)


def try_restore(data: deployed_stacks.DeployedStack, source: Any, copy: str, web: Web) -> dict[str, Any]:  # noqa: ANN401
    """Make the copy, look into it, and delete it whatever happens."""
    began = time.monotonic()
    with drill.temporary_cluster(data.connect("rds"), source, copy) as made:
        say("available", f"{copy}, {time.monotonic() - began:.0f} s after it was asked for")
        with allowed(data, web, made):
            return drill.look(web, made)


@contextlib.contextmanager
def allowed(data: deployed_stacks.DeployedStack, web: Web, made: Any) -> Generator[None]:  # noqa: ANN401
    """Let the schema's function enter the copy for a while."""
    function = web.functions.get_function_configuration(FunctionName=web.outputs["SchemaFunction"])
    role = function["Role"].rpartition("/")[2]
    iam = data.connect("iam")
    iam.put_role_policy(RoleName=role, PolicyName=drill.POLICY, PolicyDocument=drill.policy(made))
    say("allowed", f"role {role} to enter the copy, by its policy {drill.POLICY}")
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName=drill.POLICY)
        say("ended", f"policy {drill.POLICY}")


def told(looked: dict[str, Any]) -> str:
    """Return one line about what is in a database."""
    rows = ", ".join(f"{count} {table}" for table, count in looked["rows"].items())
    return f"{rows}; last change {looked['changed'] or 'never'}; {len(looked['migrations'])} migrations"


def moment(cluster: Any, name: str) -> str:  # noqa: ANN401
    """Return a moment of a cluster's description, if it has it."""
    found = cluster.get(name)
    return f"{found:%Y-%m-%d %H:%M:%S %Z}" if isinstance(found, datetime) else "unknown"


def compare(live: dict[str, Any], restored: dict[str, Any]) -> int:
    """Tell whether the copy can stand for the database; it may lack the last minutes."""
    if restored["migrations"] != live["migrations"]:
        say("differs", "migrations are others than those of the database")
        return FAILED
    if missing := [table for table, count in live["rows"].items() if count and not restored["rows"].get(table)]:
        say("differs", f"nothing in {', '.join(missing)}")
        return FAILED
    same = restored["rows"] == live["rows"] and restored["changed"] == live["changed"]
    say("same", "as the database" if same else "but for what was changed since the restored time")
    return 0


if __name__ == "__main__":
    run("restore", main)
