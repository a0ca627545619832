"""What keeps a pause from ending."""

import pytest

from mail_consumer import resume
from mail_consumer.resume import obstacle
from mail_consumer.sending import WARM_UP, Sending
from tests.mail_records import DOMAIN
from tests.mail_world import World


def standing_against(world: World) -> str | None:
    return obstacle(world.ses, domain=DOMAIN, configuration_set=world.name, quota_headroom=0.1)


def test_nothing_stands_against_sending_when_ses_is_as_it_should_be(world: World) -> None:
    assert standing_against(world) is None


def test_sending_that_is_disabled_for_the_account_does(world: World) -> None:
    world.cloud.ses.settings(sending_enabled=False)
    assert standing_against(world) == "sending is disabled for the account"


def test_an_account_that_aws_has_shut_down_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = world.ses.get_account() | {"EnforcementStatus": "SHUTDOWN"}
    monkeypatch.setattr(world.ses, "get_account", lambda: answer)
    assert standing_against(world) == "sending is disabled for the account"


def test_sending_that_is_disabled_for_the_configuration_set_does(world: World) -> None:
    world.ses.put_configuration_set_sending_options(ConfigurationSetName=world.name, SendingEnabled=False)
    assert standing_against(world) == f"sending is disabled for the configuration set '{world.name}'"


@pytest.mark.parametrize(("recipients", "stands"), [(9, False), (10, True)])
def test_a_daily_quota_with_less_than_the_headroom_free_does(world: World, recipients: int, stands: bool) -> None:
    world.cloud.ses.settings(max_24_hour_send=10)
    world.ses.send_email(
        FromEmailAddress=f"info@{DOMAIN}",
        Destination={"ToAddresses": [f"r{n}@example.com" for n in range(recipients)]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    )
    assert bool(standing_against(world)) is stands


def test_a_quota_without_a_limit_never_does(world: World) -> None:
    world.cloud.ses.settings(max_24_hour_send=-1)
    assert standing_against(world) is None


@pytest.mark.parametrize(("verified", "mail_from_verified"), [(False, True), (True, False)])
def test_a_domain_or_mail_from_domain_that_is_not_verified_does(
    world: World, verified: bool, mail_from_verified: bool
) -> None:
    world.cloud.ses.identity(DOMAIN, verified=verified, mail_from_verified=mail_from_verified)
    try:
        assert "is not verified" in (standing_against(world) or "")
    finally:
        world.cloud.ses.identity(DOMAIN)


@pytest.mark.parametrize(("days_ago", "resumed"), [(0, False), (1, True)])
def test_a_pause_of_the_warm_up_ends_with_its_day(
    world: World, monkeypatch: pytest.MonkeyPatch, days_ago: int, resumed: bool
) -> None:
    table = f"{world.name}-sending"
    then = Sending(client=world.dynamodb, table=table, now=lambda: world.now() - days_ago * 86_400)
    then.pause(WARM_UP)
    for name, value in {
        "SENDING_TABLE": table,
        "MAIL_DOMAIN": DOMAIN,
        "CONFIGURATION_SET": world.name,
        "QUOTA_HEADROOM": "0.1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(resume, "clients", world)
    resume.handle({}, None)
    pause, _ = then.pause_and_disabled()
    assert (pause is None) is resumed
