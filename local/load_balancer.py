"""Asking a load balancer of an embedded cloud, whose name only browsers and curl can resolve."""

import html
import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from local.answer import Answer, ask
from local.cloud import HOST, Cloud

FORM = "application/x-www-form-urlencoded"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')


@dataclass
class Visitor:
    """Somebody who asks one load balancer, and keeps its cookies as a browser does."""

    cloud: Cloud
    dns_name: str
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a page."""
        return self.request("GET", path, headers=headers)

    def post(self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Send a form."""
        body = urlencode(form).encode()
        return self.request("POST", path, headers={"content-type": FORM, **(headers or {})}, body=body)

    def submit(self, page: str, form: Mapping[str, str], *, to: str = "") -> Answer:
        """Open the page of a form and send it back filled in, hidden fields included; `to` another path."""
        opened = self.get(page)
        hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(opened.text)}
        return self.post(to or page.partition("?")[0], hidden | dict(form))

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send any request; the path is sent as it is, so it must be URL-encoded."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"host": f"{self.dns_name}:{self.cloud.port}", **({"cookie": cookies} if cookies else {})}
        connection = http.client.HTTPConnection(HOST, self.cloud.port, timeout=60)
        answer = ask(connection, method, path, headers=sent | dict(headers or {}), body=body)
        for line in answer.headers.get_all("set-cookie", []):
            self._keep(line)
        return answer

    def _keep(self, line: str) -> None:
        for name, cookie in SimpleCookie(line).items():
            if cookie["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value
