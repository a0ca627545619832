"""A client of the outages that an embedded cloud can make of its servers."""

import json
import urllib.error
import urllib.request
from typing import Any

from local.ses import DIRECT


class Outages:
    """Outages at `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        self._address = f"{endpoint}/_local/servers/outage"

    def begin(self, kind: str, *, seconds: float) -> None:
        """Let the servers of a kind, valkey or postgres, be away; without waiting for their end."""
        self._ask("PUT", f"/{kind}", {"seconds": seconds})

    def away(self) -> list[str]:
        """Return the kinds of the servers that are away now."""
        return self._ask("GET", "")["away"]

    def _ask(self, method: str, name: str, given: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 (any JSON)
        data = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(self._address + name, data=data, method=method)  # noqa: S310 (loopback)
        try:
            with DIRECT.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise ValueError(json.load(refusal)["error"]) from None
