"""`make invalidate`: what it takes and refuses; `tests/end_to_end/test_edge_commands.py` has the deployed edge."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from local.cloud import Cloud
from operate import invalidate, site, stage
from operate.command import StageError
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]
ID = "E123"


@pytest.fixture(autouse=True)
def _typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "find", lambda _: site.Site(url="https://site.test"))
    for name in ("STAGE", "URL"):
        monkeypatch.delenv(name, raising=False)


def answer(status: str) -> dict[str, Any]:
    batch = {"Paths": {"Quantity": 1, "Items": ["/a"]}, "CallerReference": "r"}
    return {"Invalidation": {"Id": "I1", "Status": status, "CreateTime": 0, "InvalidationBatch": batch}}


def stubbed(cloud: Cloud, *answers: str) -> tuple[Any, Stubber]:
    client = cloud.client("cloudfront", "eu-west-1")
    stubber = Stubber(client)
    for number, status in enumerate(answers):
        if number:
            stubber.add_response("get_invalidation", answer(status), {"DistributionId": ID, "Id": "I1"})
        else:
            asked = {"Paths": {"Quantity": 2, "Items": ["/posts/*", "/"]}, "CallerReference": ANY}
            stubber.add_response(
                "create_invalidation", answer(status), {"DistributionId": ID, "InvalidationBatch": asked}
            )
    return client, stubber


def test_it_waits_until_the_paths_are_off_every_edge_location(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(invalidate, "POLL", 0.0)
    client, stubber = stubbed(cloud, "InProgress", "InProgress", "Completed")
    with stubber:
        invalidate.invalidate(client, ID, ["/posts/*", "/"])
        stubber.assert_no_pending_responses()
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["asked      /posts/*", "asked      /"]
    assert lines[2].startswith("gone       from every edge location, 0 s")


def test_it_does_not_wait_for_ever_and_says_that_the_invalidation_goes_on(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invalidate, "LONGEST_WAIT", -1)
    client, stubber = stubbed(cloud, "InProgress")
    with stubber, pytest.raises(StageError, match="I1 is InProgress after -1 s; it goes on"):
        invalidate.invalidate(client, ID, ["/posts/*", "/"])


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "URL is empty; name the paths, as in: make invalidate URL='/posts/* /'"),
        ("posts/a", "URL 'posts/a' is neither a path"),
        ("/posts/*/a", "has a * before its end"),
        ("/" + "a" * 4000, "4001 characters"),
        (" ".join(f"/{number}/*" for number in range(16)), "16 of them with *"),
    ],
)
def test_what_cloudfront_would_refuse_or_misread_is_one_clear_line(
    url: str, told: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(stage, "connect", unreachable)
    monkeypatch.setenv("URL", url)
    code, _, (line,) = command("invalidate", invalidate.main)
    assert (code, told in line) == (2, True)
