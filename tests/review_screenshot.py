"""Writes docs/pictures/review.png: the page of the sample review, as far as a window shows it."""

import sys
from pathlib import Path

from local.chromium import chromium
from review.page import render
from tests.review.sample import review

FILE = Path(__file__).parents[1] / "docs" / "pictures" / "review.png"


def main() -> None:
    """Write the picture."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 1360}, color_scheme="light")
        page.set_content(render(review()))
        page.screenshot(path=FILE)
    sys.stdout.write(f"{FILE}\n")


if __name__ == "__main__":
    main()
