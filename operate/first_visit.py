"""The part of `make up` that visits the site: what caches answer, an author who signs in, a message that is a mail."""

import re
import time
import uuid
from dataclasses import dataclass
from typing import Any

from local import load_balancer
from local.answer import Answer
from local.cloud import Cloud
from local.servers.authority import CA_FILE
from local.visitor import Visitor
from operate import awaiting
from operate.command import say
from operate.stage import relative
from operate.web import Web

AUTHOR = "hana@example.com"
LINK = re.compile(r"/sign-in/link\?token=\S+")
POST = re.compile(r'href="(/posts/[^"]+)"')
POST_QUERY = "FROM posts JOIN authors"
"""What every query about posts contains, and nothing else."""


class VisitError(Exception):
    """The site does not do what it should."""


@dataclass(frozen=True, kw_only=True)
class FirstVisit:
    """Somebody who looks at the deployed site and tells what is seen."""

    cloud: Cloud
    web: Web

    def show(self) -> dict[str, Any]:
        """Visit everything, and return the mail that the contact form has become."""
        say("site", f"{self.url}/  (its certificate is checked against {relative(CA_FILE)})")
        self._read_at_the_edge()
        self._read_twice()
        self._sign_in()
        self._use_redis()
        return self._write_message()

    @property
    def url(self) -> str:
        """How readers reach the site: by the edge."""
        return f"https://localhost:{self.cloud.edge_tls_port}"

    def _read_at_the_edge(self) -> None:
        """Show what curl -I shows: http leads to https, the first answer comes from the origin, the second does not."""
        edge = self.cloud.edge
        edge.look_again()
        edge.forget()
        asked = edge.statistics()["origin_requests"]
        answers = [edge.request("HEAD", "/", tls=tls) for tls in (False, True, True)]
        for scheme, answer in zip(("http", "https", "https"), answers, strict=True):
            say("edge", f"HEAD / over {scheme}: {answer.status}, x-cache: {answer.headers['x-cache']}")
        asked = edge.statistics()["origin_requests"] - asked
        say("edge", f"{asked} of these requests reached the load balancer")
        words = [str(answer.headers["x-cache"]).partition(" ")[0] for answer in answers]
        if (words, asked) != (["Redirect", "Miss", "Hit"], 1):
            raise VisitError(f"Redirect, Miss and Hit expected from the edge, found {', '.join(words)}")

    def _read_twice(self) -> None:
        """Show that the second reader who comes past the edge costs no query."""
        visitor = load_balancer.visitor(self.cloud, self.web.outputs["LoadBalancer"])
        (path, *_) = POST.findall(_good(visitor.get("/"), 200).text)
        # What a run before has left: the cached post, and counts that limit how often a visitor may write.
        self._redis("del", path.replace("/posts/", "cache:post:"), *self._redis("keys", "tries:*"))
        counts = [self._read(visitor, path, by) for by in ("from the database", "from Redis")]
        if counts != [1, 0]:
            raise VisitError(f"1 query and then none expected for {path}, found {counts}")

    def _read(self, visitor: Visitor, path: str, by: str) -> int:
        before, began = self.cloud.queries(POST_QUERY), time.perf_counter()
        answer = _good(visitor.get(path), 200)
        took = (time.perf_counter() - began) * 1000
        made = self.cloud.queries(POST_QUERY) - before
        say("page", f"{path}  {answer.status}, {took:.0f} ms, {made} {'query' if made == 1 else 'queries'}: {by}")
        return made

    def _sign_in(self) -> None:
        """Show a session that lives in Redis: by a mailed link, for two requests."""
        link = self.invited()
        visitor = self.cloud.edge.visitor()
        _good(visitor.submit(link, {}), 303)
        first, second = (_good(visitor.get("/write"), 200).status for _ in range(2))
        say("session", f"/write {first}, /write again {second}; in Redis: {self._redis('keys', 'session:*')[0][:20]}…")

    def invited(self) -> str:
        """Invite the author and return the path that the mailed link leads to."""
        before = len(self.cloud.ses.mails())
        invitation = {"email": AUTHOR, "site_url": self.url}
        message = self.web.ask("BlogFunction", {"invite": invitation})["message_id"]
        say("author", f"{AUTHOR} invited, message {message}")
        link = LINK.search(awaiting.mail(self.cloud, AUTHOR, after=before)["text"])
        if link is None:
            raise VisitError(f"no sign-in link in the mail to {AUTHOR}")
        return link[0]

    def _use_redis(self) -> None:
        for command in (("set", "greeting", "こんにちは"), ("get", "greeting"), ("keys", "greet*")):
            say("redis", f"{' '.join(command)} → {self._redis(*command)}")

    def _redis(self, *command: str) -> Any:  # noqa: ANN401 (whatever Redis answers)
        return self.web.ask("RedisConsoleFunction", {"command": [*command]})["answer"]

    def _write_message(self) -> dict[str, Any]:
        """Send the contact form and wait for its mail."""
        before = len(self.cloud.ses.mails())
        number = uuid.uuid4().hex[:8]
        form = {"name": "太郎", "address": "taro@example.com", "message": f"はじめまして。受付番号 {number}"}
        _good(self.cloud.edge.visitor().submit("/contact", form), 303)
        say("contact", "a message sent by the form")
        return awaiting.mail(self.cloud, number, after=before)


def _good(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise VisitError(f"status {status} expected from the site, found {answer.status}")
    return answer
