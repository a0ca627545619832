"""A tab of a browser that looks at the deployed site and keeps what goes wrong in it."""

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from local.cloud import ROOT
from tests.end_to_end.site import AUTHOR, Site

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LINK = re.compile(r"http://\S+")


@dataclass
class Tab:
    """A tab of a fresh browser context; `problems` are console errors, refusals by the CSP and failed requests."""

    browser: Browser
    site: Site
    width: int = 1200
    scheme: Any = "light"
    problems: list[str] = field(default_factory=list)
    page: Page = field(init=False)

    def __post_init__(self) -> None:
        url = f"http://{self.site.web['LoadBalancer']}:{self.site.cloud.port}"
        size: Any = {"width": self.width, "height": 800}
        self.page = self.browser.new_context(base_url=url, viewport=size, color_scheme=self.scheme).new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("requestfailed", self._failed)

    def _heard(self, message: ConsoleMessage) -> None:
        """Keep errors and warnings, but not that a page opened on purpose is a 404."""
        about_the_page = message.location["url"] == self.page.url and "responded with a status" in message.text
        if message.type in {"error", "warning"} and not about_the_page:
            self.problems.append(message.text)

    def _failed(self, request: Request) -> None:
        """Keep what failed, but not that a test went on to the next page before the icon was there."""
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"{request.url}: {request.failure}")

    def open(self, path: str) -> int:
        """Go to a page and return its status."""
        answer = self.page.goto(path)
        assert answer
        return answer.status

    def settle(self) -> None:
        """Wait until nothing is on its way: new settings of a function end the processes that are answering."""
        self.page.wait_for_load_state("networkidle")

    def sign_in(self) -> None:
        """Have an invitation mailed, and take its link."""
        self.site.invite(AUTHOR)
        self.take_link()

    def take_link(self) -> None:
        """Open the link of the newest mail and press its button."""
        link = LINK.search(self.site.cloud.ses.mails()[-1]["text"])
        assert link
        self.open(link[0])
        self.press("Sign in")
        self.page.wait_for_url("**/write")

    def press(self, button: str) -> None:
        """Click on a button."""
        self.page.get_by_role("button", name=button).click()

    def publish(self, title: str, body: str) -> str:
        """Publish a post by the form and return its path."""
        self.open("/write")
        self.page.get_by_label("Title").fill(title)
        self.page.get_by_label("Text").fill(body)
        self.press("Publish")
        path = self.page.get_by_role("link", name="look at the post").get_attribute("href")
        assert path
        return path

    def tab_to(self, element: str) -> int:
        """Press Tab until an element has the focus; return how often that was."""
        for presses in range(1, 50):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("name => document.activeElement.matches(name)", element):
                return presses
        raise AssertionError(f"Tab never comes to {element}")

    def overflow(self) -> int:
        """How many CSS pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def style(self, element: str, name: str) -> str:
        """A computed style of an element."""
        return self.page.evaluate(f"getComputedStyle(document.querySelector('{element}')).{name}")

    def violations(self) -> list[str]:
        """What axe-core finds against the rules of accessibility."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        return [f"{one['id']}: {one['help']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]
