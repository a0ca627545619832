"""Outages of the real servers, as a test asks for them while they are in use."""

import threading
import time
from collections.abc import Callable
from typing import Any

from local.emulator.account import Account
from local.emulator.data_stores import DataStores
from local.emulator.ministack import Json
from local.servers.server import Server


class Outages:
    """Servers that are away for a while: stopped, and started again after some seconds."""

    def __init__(self, stores: DataStores) -> None:
        self._stores = stores
        self._away: list[str] = []

    @property
    def actions(self) -> dict[str, Callable[[Account, str, Json], Any]]:
        """What the control interface is asked, and what then is done."""
        return {"PUT servers/outage": self._begin, "GET servers/outage": self._tell}

    def _begin(self, _account: Account, kind: str, given: Json) -> Json:
        """Let the servers of a kind, valkey or postgres, be away; the answer does not wait for them."""
        seconds = float(given["seconds"])
        chosen = [server for server in self._stores.servers.values() if type(server).__name__.lower() == kind]
        if not chosen:
            raise ValueError(f"no server of kind {kind!r} runs, expected valkey or postgres")
        for server in chosen:
            self._away.append(kind)
            threading.Thread(target=self._outage, args=(server, kind, seconds), daemon=True).start()
        return {"servers": len(chosen)}

    def _tell(self, _account: Account, _kind: str, _given: Json) -> Json:
        return {"away": self._away}

    def _outage(self, server: Server, kind: str, seconds: float) -> None:
        try:
            server.stop()
            time.sleep(seconds)
            server.resume()
        finally:
            self._away.remove(kind)
