"""A client of the local edge: pages as viewers get them, and its control interface."""

import functools
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.answer import Answer, ask
from local.clients import HOST
from local.servers.authority import CA_FILE
from local.visitor import Visitor

SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class EdgeClient:
    """The edge of one embedded cloud."""

    port: int
    tls_port: int

    def get(self, path: str, headers: Mapping[str, str] | None = None, *, tls: bool = False) -> Answer:
        """Ask for a page; a Host among the headers chooses the distribution, else it is the newest."""
        return self.request("GET", path, headers=headers, tls=tls)

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        tls: bool = False,
    ) -> Answer:
        """Send any request; the path must be URL-encoded."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=SECONDS)
        if tls:
            context = ssl.create_default_context(cafile=CA_FILE)
            connection = http.client.HTTPSConnection(HOST, self.tls_port, timeout=SECONDS, context=context)
        return ask(connection, method, path, headers=dict(headers or {}), body=body)

    def visitor(self) -> Visitor:
        """Return somebody who visits the site over https."""
        return Visitor(functools.partial(self.request, tls=True))

    def advance(self, seconds: float) -> None:
        """Let time pass at the edge; the origin's clock stays."""
        self._control("PUT", "clock", {"advance": seconds})

    def set_time(self, epoch_seconds: float) -> None:
        """Let the edge live at another time, and with empty caches; its log is of that day."""
        self._control("PUT", "time", {"now": epoch_seconds})

    def forget(self) -> None:
        """Empty the cache of every edge location."""
        self._control("DELETE", "cache")

    def look_again(self) -> None:
        """Let the next request see what is deployed and invalidated now, not up to a second ago."""
        self._control("DELETE", "distribution")

    def locate(self, location: str) -> None:
        """Choose the edge location that viewers reach who name none."""
        self._control("PUT", "location", {"location": location})

    def flush_log(self) -> list[str]:
        """Deliver the access log now, and return the keys of its files."""
        return self._control("POST", "log")["keys"]

    def statistics(self) -> dict[str, int]:
        """Return how many requests the origin has got, and how viewers were answered."""
        return self._control("GET", "statistics")

    def answers(self) -> bool:
        """Tell whether the edge is there."""
        try:
            self.statistics()
        except (OSError, http.client.HTTPException):
            return False
        return True

    def _control(self, method: str, name: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
        body = None if given is None else json.dumps(given).encode()
        answer = self.request(method, f"/_local/edge/{name}", body=body)
        found = json.loads(answer.body)
        if "error" in found:
            raise ValueError(found["error"])
        return found
