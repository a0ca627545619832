"""CloudFormation's way to the blog's schema: a custom resource that answers for itself.

Properties: `BlogRole`, the role to make; `SamplePosts`, "true" or "false"; `Fingerprint`, which changes with the
migrations so that CloudFormation asks again. What to answer and where: CloudFormation user guide, "Custom resource
request objects" and "Custom resource response objects".
"""

import json
import logging
import os
from typing import Any, Protocol
from urllib.request import Request, urlopen

from blog_schema.samples import add_samples
from blog_schema.schema import grant, lock, migrate
from data_access.postgres_server import PostgresServer, connect

logger = logging.getLogger(__name__)
logging.getLogger("blog_schema").setLevel(logging.INFO)

# Never another: CloudFormation takes a new id for a replacement, and would delete the old one.
PHYSICAL_ID = "blog-schema"
# An answer may have 4,096 bytes; six of them are the most that one character of the reason can become.
MAX_REASON = 500
# Time to tell CloudFormation how it went, before Lambda ends the invocation.
ANSWER_MS = 5000


class Context(Protocol):
    """What is used of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        ...


def handle(event: dict[str, Any], context: Context) -> None:
    """Do what CloudFormation asks and tell it how it went; without an answer it would wait for an hour."""
    reason = ""
    try:
        # The data is not ours to delete: what goes with the stack is the database, as its own settings say.
        if event["RequestType"] != "Delete":
            bring_up_to_date(event["ResourceProperties"], context=context)
    except Exception as error:
        logger.exception("the schema could not be brought up to date", extra={"event": "schema_failed"})
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:MAX_REASON]
    answer(event, status="FAILED" if reason else "SUCCESS", reason=reason)


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


def answer(event: dict[str, Any], *, status: str, reason: str) -> None:
    """Put the answer where CloudFormation looks for it.

    Where that fails, Lambda invokes the function again, as it does for all asynchronous calls; nothing is done twice.
    """
    body = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": PHYSICAL_ID,
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The address is signed for a request without a content type, and urllib would send one of its own.
    request = Request(  # noqa: S310 -- the address is CloudFormation's own
        event["ResponseURL"], data=json.dumps(body).encode(), method="PUT", headers={"content-type": ""}
    )
    with urlopen(request, timeout=ANSWER_MS / 1000):  # noqa: S310
        logger.info("answered", extra={"event": "schema_answered", "status": status, "reason": reason})
