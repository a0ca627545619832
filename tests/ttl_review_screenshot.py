"""Writes docs/pictures/ttl-review.png: the mail of the example review, its beginning and its curves side by side."""

import base64
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from local.chromium import chromium
from tests.ttl_reviews import EXAMPLE
from ttl_review.mail_report import MailReport, mail_report

FILE = Path(__file__).parents[1] / "docs" / "pictures" / "ttl-review.png"
WIDTH, HEIGHT = 690, 1160
COLOURS = 128
# From the top of the mail, or from a heading further down.
SHOW = "heading => scrollTo(0, (top => top > innerHeight ? top - 30 : 0)(heading.getBoundingClientRect().top))"


def shown(mail: MailReport) -> str:
    """The HTML as a mail program shows it, its pictures put in."""
    html = mail.html
    for one in mail.pictures:
        html = html.replace(f"cid:{one.name}", f"data:image/png;base64,{base64.b64encode(one.png).decode()}")
    return html


def take(browser: Browser) -> Image.Image:
    """Take both halves."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.emulate_media(color_scheme="light")
    page.set_content(shown(mail_report(EXAMPLE)))
    both = Image.new("RGB", (2 * WIDTH, HEIGHT))
    for at, heading in enumerate(("What to change", "Curves")):
        page.get_by_role("heading", name=heading, exact=True).evaluate(SHOW)
        both.paste(Image.open(io.BytesIO(page.screenshot())), (at * WIDTH, 0))
    return both


if __name__ == "__main__":
    with chromium() as started:
        take(started).quantize(COLOURS, dither=Image.Dither.NONE).save(FILE, optimize=True)
