"""CloudFormation's way to the blog's schema: a custom resource that answers for itself.

Properties: `BlogRole`, the role to make; `SamplePosts`, "true" or "false"; `Fingerprint`, which changes with the
migrations so that CloudFormation asks again.

People ask too: `{"look": {}}`, or `{"look": {"host": …, "port": …}}` for a restored copy of the database, is answered
by what is in it, or by `{"error": "one line"}`.
"""

import dataclasses
import logging
import os
from typing import Any, Protocol

import psycopg

from blog_schema.looking import look
from blog_schema.samples import add_samples
from blog_schema.schema import grant, lock, migrate
from custom_resource.answer import ANSWER_MS, answer, reason_of
from data_access.postgres_server import DatabaseUnavailable, PostgresServer, connect

logger = logging.getLogger(__name__)
logging.getLogger("blog_schema").setLevel(logging.INFO)

# Never another: CloudFormation takes a new id for a replacement, and would delete the old one.
PHYSICAL_ID = "blog-schema"

# A client of Lambda gives up after a minute.
LOOK_PATIENCE_S, LOOK_MS = 30, 20_000


class Context(Protocol):
    """What is used of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        ...


def handle(event: dict[str, Any], context: Context) -> dict[str, Any] | None:
    """Do what CloudFormation asks and tell it how it went, or look into a database."""
    if "look" in event:
        return looked(event["look"])
    reason = ""
    try:
        # The data is not ours to delete: what goes with the stack is the database, as its own settings say.
        if event["RequestType"] != "Delete":
            bring_up_to_date(event["ResourceProperties"], context=context)
    except Exception as error:
        logger.exception("the schema could not be brought up to date", extra={"event": "schema_failed"})
        reason = reason_of(error)
    answer(event, status="FAILED" if reason else "SUCCESS", reason=reason, physical_id=PHYSICAL_ID)
    return None


def looked(where: dict[str, Any]) -> dict[str, Any]:
    """Return what is in the database, or in the one that is elsewhere; who may sign in there, IAM says."""
    server = PostgresServer.from_environment(os.environ)
    elsewhere = {"host": str(where["host"]), "port": int(where["port"])} if where else {}
    try:
        with connect(dataclasses.replace(server, **elsewhere), patience_seconds=LOOK_PATIENCE_S) as connection:
            return look(connection, longest_ms=LOOK_MS)
    except (DatabaseUnavailable, psycopg.Error) as error:
        return {"error": reason_of(error)}


def bring_up_to_date(properties: dict[str, Any], *, context: Context) -> None:
    """Migrations, role, grants and sample posts, all of it or nothing."""
    server = PostgresServer.from_environment(os.environ)
    with connect(server, patience_seconds=float(os.environ["DATABASE_PATIENCE_SECONDS"])) as connection:
        # Above all for the lock, should another bring the database up to date for long.
        connection.execute(
            "SELECT set_config('statement_timeout', %s, false)",
            [str(max(1, context.get_remaining_time_in_millis() - ANSWER_MS))],
        )
        lock(connection)
        migrate(connection)
        grant(connection, role=properties["BlogRole"])
        if properties["SamplePosts"] == "true":
            add_samples(connection)
