"""`make screenshots`: pictures of the running local site, for readers of the documentation, in docs/pictures/.

Needs `make up` before, Chromium, and a Japanese font: on Debian and Ubuntu, `apt install chromium fonts-noto-cjk`.
"""

from collections.abc import Mapping
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize

from local.chromium import ChromiumError, chromium
from operate import stage, web
from operate.command import InputError, StageError, run, say
from operate.first_visit import FirstVisit, VisitError

FOLDER = stage.ROOT / "docs" / "pictures"
DESKTOP: ViewportSize = {"width": 1200, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

PICTURES: Mapping[str, tuple[str, ViewportSize, Literal["light", "dark"]]] = {
    "list": ("/", DESKTOP, "light"),
    "post": ("/posts/three-caches-before-the-database", DESKTOP, "light"),
    "write": ("/write", DESKTOP, "dark"),
    "list-phone": ("/", PHONE, "dark"),
    "post-phone": ("/posts/thundering-herd", PHONE, "light"),
    "contact-phone": ("/contact", PHONE, "dark"),
}
"""Name of a picture -> its page, the size of the window in CSS pixels, and what the reader prefers."""


def main() -> int:
    """Write every picture anew."""
    if stage.chosen() != "local":
        raise InputError("pictures are taken of the local site; leave STAGE out")
    cloud = stage.running_cloud()
    visit = FirstVisit(cloud=cloud, web=web.found("local", cloud.client))
    FOLDER.mkdir(exist_ok=True)
    try:
        with chromium() as browser:
            # Past the edge, whose certificate Chromium does not know.
            take(browser, visit, origin=f"http://{visit.web.outputs['LoadBalancer']}:{cloud.port}")
    except (ChromiumError, VisitError) as error:
        raise StageError(error) from error
    return 0


def take(browser: Browser, visit: FirstVisit, *, origin: str) -> None:
    """Take all pictures in one session of an author, so that pages for authors are among them."""
    page = browser.new_page(base_url=origin)
    page.goto(visit.invited())
    page.get_by_role("button", name="Sign in").click()
    for name, (path, size, scheme) in PICTURES.items():
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        _take(page, name, path)


def _take(page: Page, name: str, path: str) -> None:
    answer = page.goto(path)
    if answer is None or not answer.ok:
        raise StageError(f"{path} answers {answer and answer.status}, not 200; run `make up` again")
    file = FOLDER / f"{name}.png"
    page.screenshot(path=file)
    say("written", f"{file.relative_to(stage.ROOT)}, {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    run("screenshots", main)
