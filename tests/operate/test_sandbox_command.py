"""`make sandbox` against SES of the embedded cloud, and what only a real account answers against a stand-in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.cloud import Cloud
from operate import sandbox, stage
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]
SANDBOX = {
    "ProductionAccessEnabled": False,
    "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 3.0},
    "SendingEnabled": True,
}


class Ses:
    """An account in the sandbox that keeps what it is asked."""

    def __init__(self, **more: Any) -> None:
        self.account = SANDBOX | more
        self.asked: list[dict[str, Any]] = []

    def get_account(self) -> dict[str, Any]:
        return self.account

    def put_account_details(self, **wanted: Any) -> None:
        self.asked.append(wanted)


@pytest.fixture(autouse=True)
def _typed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STAGE", "ACCEPT", "URL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def local(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setattr(stage, "connect", lambda _: cloud.client)
    cloud.ses.reset()
    yield cloud
    cloud.ses.reset()


def using(monkeypatch: pytest.MonkeyPatch, ses: Ses, **typed: str) -> None:
    monkeypatch.setattr(stage, "connect", lambda _: lambda _service: ses)
    for name, value in ({"STAGE": "dev"} | typed).items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("local")
def test_an_account_outside_the_sandbox_has_nothing_to_ask_for(command: Command) -> None:
    code, lines, _ = command("sandbox", sandbox.main)
    assert code == 0
    assert lines[0] == "account    has production access in ap-northeast-1"
    assert len(lines) == 2


def test_in_the_sandbox_the_request_is_shown_and_not_sent(local: Cloud, command: Command) -> None:
    local.ses.settings(production_access=False, max_send_rate=1)
    code, lines, _ = command("sandbox", sandbox.main)
    assert (code, lines[0]) == (0, "account    in the sandbox in ap-northeast-1")
    assert 'setting    send_rate 500 is above 1; set send_rate in STAGES["local"]' in lines
    assert "field      MailType: TRANSACTIONAL" in lines
    assert any("from edgepost.test, each asked for by its recipient" in line for line in lines)
    assert lines[-1].startswith("Nothing is sent. ")
    assert local.client("sesv2").get_account()["ProductionAccessEnabled"] is False


@pytest.mark.parametrize("accept", ["", "yes"])
def test_the_request_is_sent_only_with_an_explicit_yes(
    accept: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    ses = Ses()
    using(monkeypatch, ses, ACCEPT=accept, URL="https://www.example.com", EMAIL="me@example.com")
    assert command("sandbox", sandbox.main)[0] == 0
    wanted = {
        "MailType": "TRANSACTIONAL",
        "WebsiteURL": "https://www.example.com",
        "ContactLanguage": "EN",
        "ProductionAccessEnabled": True,
        "AdditionalContactEmailAddresses": ["me@example.com"],
    }
    assert ses.asked == ([wanted] if accept else [])


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"ACCEPT": "no"}, "ACCEPT 'no' is not yes"),
        ({"ACCEPT": "yes", "URL": "www"}, "URL 'www' is no website"),
        ({"ACCEPT": "yes", "URL": "https://localhost:8443"}, "is no website that reviewers can open"),
        ({"ACCEPT": "yes", "EMAIL": "me"}, "EMAIL 'me' is not a mail address"),
    ],
)
def test_what_reviewers_could_not_use_is_refused_and_not_sent(
    typed: dict[str, str], told: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    ses = Ses()
    using(monkeypatch, ses, **typed)
    code, _, (error,) = command("sandbox", sandbox.main)
    assert (code, told in error, ses.asked) == (2, True, [])


def test_a_request_under_review_is_not_sent_twice(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    ses = Ses(Details={"ReviewDetails": {"Status": "PENDING", "CaseId": "42"}})
    using(monkeypatch, ses, ACCEPT="yes")
    code, lines, (error,) = command("sandbox", sandbox.main)
    assert (code, ses.asked) == (2, [])
    assert "review     PENDING, support case 42" in lines
    assert "under review already" in error


def test_an_account_that_may_not_send_is_told(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    using(monkeypatch, Ses(SendingEnabled=False, EnforcementStatus="SHUTDOWN"))
    assert "stopped    sending is off, SHUTDOWN" in command("sandbox", sandbox.main)[1]
