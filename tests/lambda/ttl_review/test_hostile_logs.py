"""What strangers ask for is in the log: no query, table or sentence may be the worse for it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.edge_logs import PERIOD, line
from ttl_review.deployed import Behaviour, Deployed
from ttl_review.findings import find
from ttl_review.model import Policy
from ttl_review.popular import lines, objects
from ttl_review.requests import requests
from ttl_review.shown import LONGEST, shown

EngineOf = Callable[[Any], Any]
HOSTILE = (
    "/'; DROP TABLE edge_logs; --",
    '/"quoted","and",commas',
    "/<script>alert(1)</script>",
    "/line\nbreak\r\nand\ttab",
    "/\x1b[31mred\x07",
    "/separators\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029",
    "/right\u202eleft\u200b",
    "/" + "x" * 100_000,
    "/\U0001f600\ue000",
    "/100%25 ${jndi:ldap://x} {{7*7}}",
    "/nul\x00byte",
)
PAGES = Policy(name="pages", pattern="*", min_seconds=0, default_seconds=0, max_seconds=60, query_strings=None)


def test_addresses_come_out_as_they_went_in(engine_of: EngineOf) -> None:
    engine = engine_of([line(path) for path in HOSTILE])
    [batch] = requests(engine, PERIOD)

    assert {path for path, _ in objects(engine, PERIOD)} == set(HOSTILE)
    assert [each.path for each in batch.objects] == sorted(HOSTILE, key=str.encode)
    assert lines(engine, PERIOD) == (len(HOSTILE), 0)


@pytest.mark.parametrize("text", HOSTILE)
def test_sentences_hold_one_short_line_of_what_is_printed(text: str) -> None:
    assert len(shown(text)) <= LONGEST
    assert shown(text).isprintable()


def test_findings_show_names_of_strangers_on_one_line(files_of: EngineOf) -> None:
    name = "\x1b]0;evil\x07" + "n" * 5000
    rows = [
        line("/evil\u202e\n" + "y" * 5000, query=f"{name}={value}", at=value, result="Miss", size="5000")
        for value in range(100)
    ]
    deployed = Deployed(behaviours=(Behaviour(policy=PAGES, compresses=True),), error_seconds={})
    findings = find(files_of(rows), PERIOD, deployed, top=5).findings

    assert {finding.kind for finding in findings} == {"fragmented-by-query", "never-hit-twice"}
    assert all(finding.text.isprintable() and finding.subject.isprintable() for finding in findings)
    assert max(len(finding.text) for finding in findings) < 700
