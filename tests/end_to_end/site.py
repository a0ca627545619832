"""The deployed web application, as its visitors and its operator see it."""

import json
import re
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg

from local.answer import Answer
from local.cloud import Cloud
from local.edge_client import EdgeClient
from local.load_balancer import visitor as visitor_of
from local.servers.authority import CA_FILE
from local.visitor import Visitor
from operate.stage import outputs
from tests.waiting import wait_until

TOKEN = re.compile(r"\?token=(\S+)")
AUTHOR = "hana@edgepost.test"


@dataclass
class Site:
    """The Web stack and what it stands on."""

    cloud: Cloud
    web: dict[str, str] = field(init=False)
    data: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.web, self.data = (outputs("local", part, self.cloud.client) for part in ("web", "data"))

    def visitor(self) -> Visitor:
        """Somebody with an empty browser."""
        return visitor_of(self.cloud, self.web["LoadBalancer"])

    def author(self) -> Visitor:
        """Somebody who has signed in by the link of an invitation."""
        visitor = self.visitor()
        answer = take_link(visitor, self.invite(AUTHOR))
        assert answer.status == 303, answer.text
        return visitor

    def invite(self, email: str) -> str:
        """Invite an author and return the token of the mailed link."""
        before = len(self.cloud.ses.mails())
        site_url = f"http://{self.web['LoadBalancer']}:{self.cloud.port}"
        assert "error" not in self.ask("BlogFunction", {"invite": {"email": email, "site_url": site_url}})
        (mail,) = wait_until(lambda: self.cloud.ses.mails()[before:])
        (token,) = TOKEN.findall(mail["text"])
        return token

    def redis(self, *command: str) -> Any:
        """Run a command by the console function."""
        return self.ask("RedisConsoleFunction", {"command": [*command]}).get("answer")

    def ask(self, output: str, question: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.cloud.client("lambda").invoke(FunctionName=self.web[output], Payload=json.dumps(question))
        said: dict[str, Any] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, said
        return said

    def database(self) -> "psycopg.Connection[Any]":
        """A connection of the master user."""
        return psycopg.connect(
            host=self.data["DatabaseHost"],
            port=self.data["DatabasePort"],
            dbname="blog",
            user="edgepost",
            password="any-token",
            sslmode="verify-full",
            sslrootcert=str(CA_FILE),
            autocommit=True,
        )

    @contextmanager
    def configured(self, **variables: str) -> Generator[None]:
        """Change environment variables of the deployed blog for a while."""
        functions, name = self.cloud.client("lambda"), self.web["BlogFunction"]
        before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": before | variables})
        try:
            yield
        finally:
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})

    def queries(self) -> int:
        """How many queries about posts the database has run so far."""
        return self.cloud.queries("FROM posts JOIN authors")

    def forget(self) -> None:
        """Empty the cache, and nothing else in Redis."""
        for key in self.redis("keys", "cache:*") or []:
            self.redis("del", key)


def fresh_edge(cloud: Cloud) -> EdgeClient:
    """The edge as it is deployed, with nothing kept and its clock right, whatever other tests have made of it."""
    edge = cloud.edge
    edge.set_time(time.time())
    edge.look_again()
    edge.forget()
    return edge


def fresh_site(cloud: Cloud) -> Site:
    """The site with an empty cache, and no try counted of those that are limited."""
    site = Site(cloud=cloud)
    site.forget()
    for key in site.redis("keys", "tries:*"):
        site.redis("del", key)
    return site


def take_link(visitor: Visitor, token: str) -> Answer:
    """Open a sign-in link and press its button."""
    return visitor.submit(f"/sign-in/link?token={token}", {})


def publish(author: Visitor, title: str, body: str = "A text of some length.") -> str:
    """Publish a post and return its path."""
    answer = author.submit("/write", {"title": title, "summary": "", "body": body})
    assert answer.status == 303, answer.text
    return "/posts/" + answer.headers["location"].partition("saved=")[2]


def new_title() -> str:
    return f"Title {uuid4().hex[:8]}"
