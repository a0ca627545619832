"""`make warm`: fetch the site's pages through the edge, so that the next readers find them there.

From / it follows the links to pages, pictures and assets of the site; URL='/posts/a /' names paths instead. It fills
the edge location that is nearest to this machine; others fill as their readers come. What is kept stays as long as
stacks/ttl.py and the blog say: a page for a minute.
"""

import http.client
import os
import time
from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from local.answer import Answer
from operate import site, stage
from operate.command import InputError, StageError, run, say
from stacks.config import STAGES
from stacks.ttl import policies_by_path
from ttl_review.path_patterns import matches

BROWSER = {"accept-encoding": "gzip, deflate, br, zstd"}
"""A compressed answer is kept apart from a plain one: readers are to find what browsers ask for."""
PLAIN = {"accept-encoding": "identity"}
FAILED = 1
SERVER_ERROR = 500


@dataclass
class Warming:
    """What has been fetched."""

    site: site.Site
    most: int
    """Requests; the web ACL counts them, so that this stays below its limit."""
    requests: int = 0
    fetched: int = 0
    hits: int = 0
    failed: list[str] = field(default_factory=list[str])
    location: str = ""

    def fetch(self, path: str) -> Answer | None:
        """Fetch one path as a browser does, and say how it was answered; None: not at all."""
        began = time.perf_counter()
        try:
            answer = self._get(path, BROWSER)
        except (OSError, http.client.HTTPException) as error:
            self.failed.append(path)
            say("failed", f"{path}  {error}")
            return None
        took = (time.perf_counter() - began) * 1000
        cache = answer.headers.get("x-cache", "no x-cache")
        self.fetched += 1
        self.hits += cache.startswith("Hit")
        self.location = answer.headers.get("x-amz-cf-pop", self.location)
        if answer.status >= SERVER_ERROR:
            self.failed.append(path)
        say("fetched", f"{path}  {answer.status}, {cache}, {took:.0f} ms")
        return answer

    def crawl(self, start: str = "/") -> int:
        """Fetch everything that can be reached and that the edge keeps; return how many paths were left out."""
        waiting, seen = deque([start]), {start}
        while waiting and self.requests + 2 <= self.most:
            path = waiting.popleft()
            answer = self.fetch(path)
            if answer is None or answer.headers.get_content_type() != "text/html":
                continue
            for found in links(self._get(path, PLAIN).text, at=path):
                if found not in seen and is_kept(found):
                    seen.add(found)
                    waiting.append(found)
        return len(waiting)

    def _get(self, path: str, headers: dict[str, str]) -> Answer:
        self.requests += 1
        return self.site.get(path, headers)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the addresses of links, styles and pictures."""
        self.found += [value for name, value in attrs if name in {"href", "src"} and value and tag != "base"]


def links(page: str, *, at: str) -> list[str]:
    """Return the paths, with their query strings, that a page of the site leads to on the same site."""
    parser = _Links()
    parser.feed(page)
    here = f"https://site{at}"
    parts = [urlsplit(urljoin(here, each)) for each in parser.found]
    return [f"{each.path or '/'}{'?' * bool(each.query)}{each.query}" for each in parts if each.netloc == "site"]


def is_kept(path: str) -> bool:
    """Tell whether the edge keeps what is at a path."""
    plain = path.partition("?")[0]
    return next(policy.keeps for pattern, policy in policies_by_path().items() if matches(pattern, plain))


def main() -> int:
    """Fetch the paths that URL names, or all that can be found."""
    name = stage.chosen()
    warming = Warming(site=site.find(name), most=STAGES[name].edge.rate_limit_requests // 2)
    typed, left = os.environ.get("URL", ""), 0
    if typed.strip():
        paths = checked(warming.site.paths(typed))
        left = len(paths[warming.most :])
        for path in paths[: warming.most]:
            warming.fetch(path)
    else:
        left = warming.crawl()
    if not warming.fetched:
        raise StageError(f"{warming.site.url} gives no answer")
    say("there", f"{warming.hits} of {warming.fetched} already, at edge location {warming.location or 'unknown'}")
    if left:
        say("left", f"{left} paths: {warming.most} requests is half of rate_limit_requests; the rest in five minutes")
    return FAILED if warming.failed else 0


def checked(paths: list[str]) -> list[str]:
    """Refuse what the edge never keeps."""
    for path in paths:
        if not is_kept(path):
            raise InputError(f"URL '{path}' is never kept at the edge, says stacks/ttl.py")
    return paths


if __name__ == "__main__":
    run("warm", main)
