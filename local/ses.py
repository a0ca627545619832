"""A client of what the local SES offers beside its AWS interface: settings, faults and the mails it has taken."""

import json
import urllib.error
import urllib.request
from typing import Any

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Loopback is never reached through a proxy."""


class SesControl:
    """Settings, faults and mails of the local SES at `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        self._address = f"{endpoint}/_local/ses"

    def settings(
        self,
        *,
        max_send_rate: float | None = None,
        max_24_hour_send: float | None = None,
        sending_enabled: bool | None = None,
        production_access: bool | None = None,
        latency_ms: float | None = None,
    ) -> dict[str, Any]:
        """Change the settings that are given and return all of them.

        Args:
            max_send_rate: recipients per second.
            max_24_hour_send: recipients in any 24 hours; -1 is no limit.
            sending_enabled: False answers every send with `SendingPausedException`.
            production_access: False is the sandbox, where recipients must be verified too.
            latency_ms: how long a send takes.
        """
        given = {name: value for name, value in locals().items() if name != "self" and value is not None}
        return self._ask("PUT", "settings", given)

    def fail(
        self,
        *,
        times: int,
        code: str = "",
        message: str = "",
        status: int = 400,
        lose_answer: bool = False,
        recipient: str = "",
    ) -> None:
        """Answer the next `times` sends (to `recipient`, if given) with an error.

        `lose_answer` takes the mail, but closes the connection.
        """
        fault = {"times": times, "code": code, "message": message, "status": status, "lose_answer": lose_answer}
        self._ask("PUT", "faults", {**fault, "recipient": recipient})

    def reset(self) -> None:
        """Set settings, faults, quotas and suppression back to how the emulator starts; mails are kept."""
        self._ask("DELETE", "settings")

    def faults(self) -> dict[str, Any]:
        """Return the fault of the next sends; its `times` is 0 when all has been answered."""
        return self._ask("GET", "faults")

    def identity(self, name: str, *, verified: bool = True, mail_from_verified: bool = True) -> None:
        """Verify an identity and its MAIL FROM domain, or take that back; a deployed identity is verified at once."""
        self._ask("PUT", f"identities/{name}", {"verified": verified, "mail_from_verified": mail_from_verified})

    def verdicts(self, **chosen: str) -> None:
        """Choose what SES finds out about mails that come: of spam, virus, spf, dkim and dmarc those that are given.

        Each is PASS, FAIL, GRAY or PROCESSING_FAILED; dmarc_policy (none, quarantine, reject) comes with a dmarc FAIL.
        Those that are not given are looked for again.
        """
        self._ask("PUT", "verdicts", chosen)

    def mails(self) -> list[dict[str, Any]]:
        """Return every mail taken, oldest first, each a whole request."""
        return self._ask("GET", "mails")

    def forget_mails(self) -> list[dict[str, Any]]:
        """Forget the mails taken so far and return them; they still count towards the daily quota."""
        return self._ask("DELETE", "mails")

    def answers(self) -> bool:
        """Tell whether the emulator is there."""
        try:
            self._ask("GET", "settings")
        except OSError:
            return False
        return True

    def _ask(self, method: str, name: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 (any JSON)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._address}/{name}", data=data, method=method)  # noqa: S310 (loopback)
        try:
            with DIRECT.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise ValueError(json.load(refusal)["error"]) from None
