"""The report as Chromium shows it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from local.chromium import chromium
from tests.ttl_review_screenshot import shown
from tests.ttl_reviews import EMPTY, EXAMPLE, HOSTILE, written_by
from ttl_review.mail_report import mail_report
from ttl_review.model import TtlReview
from ttl_review.page import page as written_page
from ttl_review.picture import pictures

pytestmark = pytest.mark.needs("chromium")

LOADED = "[...document.images].every(image => image.complete && image.naturalWidth == 1200)"
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
BACKGROUND = "element => getComputedStyle(element).backgroundColor"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def _mail(review: TtlReview) -> str:
    return shown(mail_report(review))


def _page(review: TtlReview) -> str:
    return written_page(review, pictures(review))


class Shown:
    """What a page does as it is shown."""

    def __init__(self, browser: Browser, html: str, *, width: int, scheme: str = "light") -> None:
        self.told: list[str] = []
        self.page: Page = browser.new_page(viewport={"width": width, "height": 900})
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        self.page.on("console", lambda message: self.told.append(message.text))
        self.page.on("dialog", lambda dialog: self.told.append(dialog.message))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.set_content(html)

    def _asked(self, url: str) -> None:
        if not url.startswith("data:"):
            self.told.append(url)


@pytest.mark.parametrize("width", [390, 700, 1200])
@pytest.mark.parametrize("write", [_mail, _page])
@pytest.mark.parametrize("review", [EXAMPLE, EMPTY], ids=["example", "empty"])
def test_it_fits_every_window_and_loads_nothing(browser: Browser, write: object, review: TtlReview, width: int) -> None:
    assert callable(write)
    seen = Shown(browser, str(write(review)), width=width)
    assert not seen.page.evaluate(WIDER)
    assert seen.page.evaluate(LOADED)
    assert seen.told == []


@pytest.mark.parametrize("write", [_mail, _page])
def test_nothing_that_strangers_write_runs_or_is_a_link(browser: Browser, write: object) -> None:
    assert callable(write)
    for stranger in ("".join(HOSTILE[:-1]), HOSTILE[-1], "<img src=x onerror=alert(1)><svg onload=alert(2)>"):
        seen = Shown(browser, str(write(written_by(stranger))), width=390)
        assert seen.told == []
        assert not seen.page.evaluate(WIDER)
        assert seen.page.evaluate("[...document.links].every(link => link.getAttribute('href').startsWith('#'))")


def test_it_is_dark_where_the_reader_wants_it_dark(browser: Browser) -> None:
    for html in (_mail(EXAMPLE), _page(EXAMPLE)):
        light, dark = (
            Shown(browser, html, width=700, scheme=scheme).page.eval_on_selector("body", BACKGROUND)
            for scheme in ("light", "dark")
        )
        assert (light, dark) == ("rgb(253, 252, 249)", "rgb(21, 25, 23)")
    page = Shown(browser, _page(EXAMPLE), width=700, scheme="dark").page
    chosen = page.evaluate("document.images[0].currentSrc == document.querySelector('source').srcset")
    assert chosen


def test_text_of_a_mail_stands_out_from_what_is_behind_it_in_both(browser: Browser) -> None:
    for scheme in ("light", "dark"):
        page = Shown(browser, _mail(EXAMPLE), width=700, scheme=scheme).page
        contrasts = page.evaluate(CONTRASTS)
        assert min(contrasts) >= 4.5, scheme


CONTRASTS = """() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number)
  const bright = color => color.slice(0, 3).map(part => part / 255)
    .map(part => part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [.2126, .7152, .0722][at], 0)
  const behind = element => {
    const color = rgb(getComputedStyle(element).backgroundColor)
    return color[3] === 0 ? behind(element.parentElement) : color
  }
  const seen = [...document.querySelectorAll('body *')].filter(element =>
    [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim()) && element.offsetHeight > 1)
  return seen.map(element => {
    const both = [bright(rgb(getComputedStyle(element).color)), bright(behind(element))].sort((a, b) => a - b)
    return (both[1] + .05) / (both[0] + .05)
  })
}"""
