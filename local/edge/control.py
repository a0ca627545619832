"""The control interface of the edge, for tests and commands: `/_local/edge/…` on the HTTP port."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.edge.access_log import AccessLog
from local.edge.deployed import Deployed
from local.edge.edge import Edge
from local.edge.messages import Result

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "/_local/edge/"
Json = dict[str, Any]


@dataclass
class Control:
    """What can be asked of the edge, and changed."""

    edge: Edge
    deployed: Deployed
    log: AccessLog
    location: str = "NRT57-P1"
    """The edge location that viewers reach who name none."""

    async def answer(self, method: str, name: str, body: bytes) -> tuple[int, Json]:
        """Answer a request by a status and JSON."""
        actions: dict[str, Callable[[Json], Json]] = {
            "GET statistics": lambda _given: self._statistics(),
            "PUT clock": self._advance,
            "PUT time": self._set_time,
            "PUT location": self._locate,
            "DELETE cache": self._empty,
            "DELETE distribution": self._forget,
        }
        try:
            if (method, name) == ("POST", "log"):
                return 200, {"keys": await asyncio.to_thread(self.log.deliver)}
            act = actions.get(f"{method} {name}")
            return (
                (404, {"error": f"no {method} {PREFIX}{name}"})
                if act is None
                else (200, act(json.loads(body or b"{}")))
            )
        except (KeyError, TypeError, ValueError) as reason:
            return 400, {"error": str(reason)}

    def _statistics(self) -> Json:
        names = {
            "hits": Result.HIT,
            "misses": Result.MISS,
            "refresh_hits": Result.REFRESH_HIT,
            "errors": Result.ERROR,
            "redirects": Result.REDIRECT,
        }
        counted = {name: self.edge.results[result] for name, result in names.items()}
        return {"origin_requests": self.edge.origins.requests, **counted}

    def _advance(self, given: Json) -> Json:
        seconds = float(given["advance"])
        if seconds < 0:
            raise ValueError(f"advance {seconds} is below 0; time at the edge never goes back")
        self.edge.clock.added += seconds
        return {"now": self.edge.clock.now()}

    def _set_time(self, given: Json) -> Json:
        # What is kept was made at another time, which may be in the future now.
        self.edge.cache.remove()
        self.edge.clock.added = float(given["now"]) - time.time()
        return {"now": self.edge.clock.now()}

    def _locate(self, given: Json) -> Json:
        self.location = str(given["location"])
        return {"location": self.location}

    def _empty(self, _given: Json) -> Json:
        self.edge.cache.remove()
        return {}

    def _forget(self, _given: Json) -> Json:
        self.deployed.forget()
        return {}
