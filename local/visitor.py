"""Somebody who visits a site of an embedded cloud, and keeps its cookies as a browser does."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Protocol
from urllib.parse import urlencode

from local.answer import Answer

FORM = "application/x-www-form-urlencoded"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')


class Way(Protocol):
    """How a request reaches the site: by the edge, or straight by the load balancer."""

    def __call__(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send a request, the path as it is, so URL-encoded already."""
        ...


@dataclass
class Visitor:
    """A browser without a window."""

    send: Way
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
        """Send any request."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.send(
            method, path, headers=({"cookie": cookies} if cookies else {}) | dict(headers or {}), body=body
        )
        for line in answer.headers.get_all("set-cookie", []):
            self._keep(line)
        return answer

    def _keep(self, line: str) -> None:
        for name, cookie in SimpleCookie(line).items():
            if cookie["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value
