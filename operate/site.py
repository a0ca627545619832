"""The site of a stage as its readers get it: by the edge, over https."""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from local.answer import Answer, ask
from local.servers.authority import CA_FILE
from operate import web
from operate.command import InputError

SECONDS = 30
"""How long an answer may take: CloudFront waits as long for the load balancer."""
UNCHANGED = "/?&=%:@!$'()*+,;~"
"""What stays as it is in an address; all else is encoded."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where readers come; `ca_file` is what its certificate is checked against, the system's authorities if empty."""

    url: str
    ca_file: str = ""

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a path, URL-encoded already; a redirect is an answer too."""
        where = urlsplit(self.url)
        context = ssl.create_default_context(cafile=self.ca_file or None)
        connection = http.client.HTTPSConnection(
            str(where.hostname), where.port or 443, timeout=SECONDS, context=context
        )
        return ask(connection, "GET", path, headers=dict(headers or {}), body=None)

    def paths(self, typed: str) -> list[str]:
        """Return the paths in what was typed, each once: paths or whole addresses of the site, with spaces between."""
        return list(dict.fromkeys(self._path(word) for word in typed.split()))

    def _path(self, word: str) -> str:
        path = word.removeprefix(self.url.rstrip("/")) if word.startswith("https:") else word
        if not path.startswith("/") or path.startswith("//"):
            raise InputError(f"URL '{word}' is neither a path, as /posts/a, nor an address below {self.url}")
        return quote(path, safe=UNCHANGED)


def find(name: str) -> Site:
    """Return the site of a deployed stage."""
    return Site(url=web.site_url(name), ca_file=str(CA_FILE) if name == "local" else "")
