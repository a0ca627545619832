"""What the documents name is there: files, headings, commands; both front pages say the same."""

import re
from pathlib import Path

import pytest

from operate.costs import DEPLOYED, PAGE

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
INPUTS = set(re.findall(r"[A-Z_]+", MAKEFILE.partition("INPUTS :=")[2].partition("$(foreach")[0]))
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
COMMAND = re.compile(r"(?:`|^\$ )(make [^`\n]*)", re.MULTILINE)
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
ENGLISH, JAPANESE = ((ROOT / name).read_text() for name in ("README.md", "README.ja.md"))
WITHIN = 0.1


def anchors(text: str) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_somewhere(file: Path) -> None:
    for path, anchor in LINK.findall(file.read_text()):
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), path
        assert not anchor or anchor in anchors(target.read_text()), f"{path}#{anchor}"


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_command_is_one_that_make_knows(file: Path) -> None:
    for command in COMMAND.findall(file.read_text()):
        words = re.sub(r"'[^']*'|\"[^\"]*\"", "", command).split()
        target = next((word for word in words[1:] if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-")), None)
        assert target in TARGETS, command
        assert set(re.findall(r"\b([A-Z_]+)=", " ".join(words))) <= INPUTS | {"PYTHON"}, command


def test_both_front_pages_show_the_same_sessions() -> None:
    def sessions(text: str) -> list[str]:
        return [block for block in re.findall(r"^```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE) if "$ " in block]

    assert sessions(JAPANESE) == sessions(ENGLISH)


def test_both_front_pages_lead_to_the_same_documents() -> None:
    def links(text: str) -> set[str]:
        return {path for path, _ in LINK.findall(text)} - {"README.md", "README.ja.md"}

    assert links(ENGLISH) <= links(JAPANESE)


def test_both_front_pages_have_the_same_figures() -> None:
    def figures(text: str, heading: str) -> list[list[str]]:
        section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        return [NUMBER.findall(line) for line in section.splitlines() if line.startswith("|")]

    assert figures(ENGLISH, "Figures")
    assert figures(JAPANESE, "計測値") == figures(ENGLISH, "Figures")


def test_the_sums_on_the_japanese_front_page_are_those_of_the_page_on_costs() -> None:
    totals = [
        float(sums.replace(",", ""))
        for sums in re.findall(r"\*\*in all\*\* .*\*\*([\d,.]+)\*\* \|$", PAGE.read_text(), re.MULTILINE)
    ]
    told = [float(sums) for sums in re.findall(r"約 ([\d.]+) USD", JAPANESE)]
    at_rest, mails, most, least = told[: len(DEPLOYED)], *told[len(DEPLOYED) :]
    assert [*at_rest, mails, least] == pytest.approx(totals, rel=WITHIN)
    assert most >= least
