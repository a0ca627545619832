"""Files under fingerprinted names, and colours that everybody can read."""

import re
from pathlib import Path

import pytest

from blog.static import FOLDER, load_assets
from tests.blog_world import BlogWorld

PAIRS = [
    ("ink", "paper"),
    ("ink", "raised"),
    ("ink", "shade"),
    ("ink", "good"),
    ("ink", "bad"),
    ("soft", "paper"),
    ("accent", "paper"),
    ("accent-strong", "paper"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("error", "paper"),
]
TEXT, CONTROL = 4.5, 3.0
"""WCAG 2.2, 1.4.3 (AA) for text and 1.4.11 for what shows where a control is."""


def test_another_content_has_another_name(tmp_path: Path) -> None:
    file = tmp_path / "site.css"
    names: set[str] = set()
    for content in ("a", "b"):
        file.write_text(content)
        names.add(load_assets(tmp_path)["site.css"].name)
    assert len(names) == 2
    assert all(re.fullmatch(r"site\.[0-9a-f]{16}\.css", name) for name in names)


def test_an_old_page_gets_the_style_sheet_there_is(world: BlogWorld) -> None:
    """The edge may keep a page for a minute and a half, and with it the name that its style sheet had."""
    browser = world.browser()
    old, current = (
        browser.get(f"/assets/{name}") for name in ("site.0123456789abcdef.css", load_assets()["site.css"].name)
    )
    assert old.text == current.text
    assert old.content_type == current.content_type == "text/css; charset=utf-8"


def colours(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", (FOLDER / "site.css").read_text(), re.DOTALL)
    values = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return values | (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark)) if scheme == "dark" else {})


def luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_controls_stand_out_from_what_is_behind_them(scheme: str) -> None:
    colour = colours(scheme)
    for front, behind in PAIRS:
        assert contrast(colour[front], colour[behind]) >= TEXT, (front, behind)
    for behind in ("paper", "raised"):
        assert contrast(colour["edge"], colour[behind]) >= CONTROL, behind
