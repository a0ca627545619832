"""Readers of the site at the edge under faults: each 5xx with its cause, and whether the documents allow it."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct, field

from local.answer import Answer
from local.visitor import Visitor
from tests.end_to_end.site import AUTHOR, TOKEN, Site, new_title
from tests.soak.faults import POSTGRES, VALKEY, Faults, Hand, Window

READERS = 4
LINK = re.compile(r'(?:href|src)="(/[^"#?]*)')
PAGES, ASSETS, IMAGES, FORMS, AUTHORS = "pages", "assets", "images", "forms", "pages for authors"
SHARES = {PAGES: 60, ASSETS: 15, IMAGES: 10, FORMS: 5, AUTHORS: 10}
"""What a reader asks for next, in percent."""
GRACE_S = 3.0
"""An outage is noticed for a little longer: the edge keeps an error for a second, a function leaves a cache alone for
one, and an answer may have been on its way."""
ALLOWED = {
    POSTGRES: {PAGES, IMAGES, AUTHORS},
    VALKEY: {FORMS, AUTHORS},
}
"""Who may get a 503 with Retry-After while a server is away: what no cache holds needs the database, and a session
needs Redis. Both are what docs/proof.md says."""


class Reply(Struct, frozen=True, kw_only=True):
    """An answer that a reader got."""

    at: float
    """When it came, in epoch seconds."""
    seconds: float
    kind: str
    path: str
    status: int
    """0: none came."""
    retry_after: bool = False
    cached: bool = False


class Read(Struct, kw_only=True):
    """What readers have seen."""

    seconds: float = 0.0
    replies: list[Reply] = field(default_factory=list[Reply])
    windows: list[Window] = field(default_factory=list[Window])
    faults: dict[str, int] = field(default_factory=dict[str, int])
    trouble: list[str] = field(default_factory=list[str])


def cause(reply: Reply, windows: Sequence[Window]) -> str:
    """Why an answer is a 5xx, as far as the documents allow it; empty: they do not."""
    if reply.status != 503 or not reply.retry_after:
        return ""
    for window in windows:
        began = reply.at - reply.seconds
        during = window.begin <= reply.at and began <= window.end + GRACE_S
        if during and reply.kind in ALLOWED[window.kind]:
            return f"{window.kind} away, {reply.kind}"
    return ""


def failures(read: Read) -> tuple[Counter[str], list[str]]:
    """Count the 5xx that are allowed by cause, and name the others."""
    allowed: Counter[str] = Counter()
    others: list[str] = []
    for reply in read.replies:
        if 0 < reply.status < 500:
            continue
        if why := cause(reply, read.windows):
            allowed[why] += 1
        else:
            others.append(f"{reply.status} for {reply.kind} {reply.path} after {reply.seconds:.2f} s")
    return allowed, others


class Load:
    """Readers who ask for a mix until time is over."""

    def __init__(self, site: Site, *, consumer: str, seed: int) -> None:
        self._site = site
        self._consumer = consumer
        self._edge = site.cloud.edge
        self._seed = seed
        self._read = Read()
        self._paths: dict[str, list[str]] = {}
        self._signing_in = threading.Lock()
        self._tokens: set[str] = set()

    def run(self, *, seconds: float, pause: float) -> Read:
        """Read for so long while faults happen."""
        self._look_around()
        hand = Hand(self._site.cloud, seed=self._seed)
        kinds = {**hand.of_servers(), **hand.of_ses(), "consumer killed": hand.kill(self._consumer)}
        began = time.monotonic()
        with Faults(kinds=kinds, pause=pause, seed=self._seed) as faults, ThreadPoolExecutor(READERS) as pool:
            readers = [pool.submit(self._reader, n, until=began + seconds) for n in range(READERS)]
            for reader in readers:
                reader.result()
        self._read.seconds = time.monotonic() - began
        self._read.windows, self._read.faults = hand.windows, dict(faults.counted)
        self._read.trouble = faults.trouble
        return self._read

    def _look_around(self) -> None:
        """Find what the site links to."""
        self._edge.look_again()
        home = self._edge.get("/", tls=True).text
        posts = [path for path in LINK.findall(home) if path.startswith("/posts/")]
        found = {link for page in ("/", *posts) for link in LINK.findall(self._edge.get(page, tls=True).text)}
        self._paths = {
            PAGES: ["/", *posts],
            ASSETS: sorted(path for path in found if path.startswith("/assets/")),
            IMAGES: sorted(path for path in found if path.startswith("/images/")),
        }
        for kind, paths in self._paths.items():
            assert paths, f"the site links to no {kind}"

    def _reader(self, number: int, *, until: float) -> None:
        rng = random.Random(self._seed * READERS + number)
        author = self._edge.visitor()
        while time.monotonic() < until:
            kind = rng.choices([*SHARES], [*SHARES.values()])[0]
            match kind:
                case "forms":
                    self._write_message(kind, rng)
                case "pages for authors":
                    self._work(kind, author, rng)
                case _:
                    path = rng.choice(self._paths[kind])
                    self._ask(kind, path, lambda path=path: self._edge.get(path, tls=True))

    def _write_message(self, kind: str, rng: random.Random) -> None:
        visitor = self._edge.visitor()
        text = f"Message {rng.randrange(10**9)} of a soak."
        form = {"name": "Jiro", "address": "jiro@example.com", "message": text}
        answer = self._ask(kind, "/contact", lambda: visitor.submit("/contact", form))
        if answer is not None and answer.status == 429:
            for key in self._site.redis("keys", "tries:*") or []:
                self._site.redis("del", key)

    def _work(self, kind: str, author: Visitor, rng: random.Random) -> None:
        """Look at the list of posts, or publish one; sign in where Redis has lost the session."""
        if rng.random() < 0.2:
            form = {"title": new_title(), "summary": "", "body": "A text of some length."}
            answer = self._ask(kind, "/write", lambda: author.submit("/write", form))
        else:
            answer = self._ask(kind, "/write", lambda: author.get("/write"))
        if answer is not None and (answer.status == 403 or answer.headers.get("location") == "/sign-in"):
            self._sign_in(author)

    def _sign_in(self, author: Visitor) -> None:
        """Take a mailed link, where all that it needs is there just now."""
        with self._signing_in:
            try:
                token = self._token()
            except AssertionError:
                return
            self._ask(FORMS, "/sign-in/link", lambda: author.submit(f"/sign-in/link?token={token}", {}))

    def _token(self) -> str:
        url = f"https://localhost:{self._edge.tls_port}"
        self._site.ask("BlogFunction", {"invite": {"email": AUTHOR, "site_url": url}})
        for _ in range(50):
            texts = [mail["text"] for mail in self._site.cloud.ses.mails() if AUTHOR in mail["to"]]
            found = {token for text in texts for token in TOKEN.findall(text)} - self._tokens
            if found:
                self._tokens |= found
                return found.pop()
            time.sleep(0.1)
        raise AssertionError("no link was mailed")

    def _ask(self, kind: str, path: str, send: Callable[[], Answer]) -> Answer | None:
        began = time.time()
        try:
            answer = send()
        except OSError:
            answer = None
        at = time.time()
        reply = Reply(
            at=at,
            seconds=at - began,
            kind=kind,
            path=path,
            status=answer.status if answer else 0,
            retry_after=bool(answer and answer.headers.get("retry-after")),
            cached=bool(answer and "Hit" in str(answer.headers.get("x-cache"))),
        )
        self._read.replies.append(reply)
        return answer
