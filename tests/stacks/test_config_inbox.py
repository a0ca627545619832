from dataclasses import replace
from typing import Any

import pytest

from stacks.config import STAGES
from stacks.config_inbox import RECEIVING_REGIONS, InboxConfig, Route
from stacks.config_network import NetworkConfig
from tests.stacks.test_config_data import refused
from tests.stacks.variants import IN_US_EAST_1

HELLO = Route(name="hello", recipients=("hello@in.dev.example.com",), forward_to=("a@example.net",))


def test_mail_is_received_below_the_mail_domain_and_at_it_only_by_setting() -> None:
    assert InboxConfig().domains("example.com") == ("in.example.com",)
    assert InboxConfig(apex=True).domains("example.com") == ("in.example.com", "example.com")
    assert InboxConfig(subdomain="", apex=True).domains("example.com") == ("example.com",)


def test_local_and_prod_receive_mail_and_dev_does_not() -> None:
    assert [name for name, stage in STAGES.items() if stage.inbox] == ["local", "prod"]


def test_prod_gets_its_dmarc_reports_where_it_receives() -> None:
    prod = STAGES["prod"]
    assert prod.inbox
    assert prod.domain.dmarc_reports_to in {f"dmarc@{domain}" for domain in prod.inbox.domains(prod.domain.domain)}


def test_each_check_has_what_is_done_with_a_mail_that_fails_it() -> None:
    assert InboxConfig(dkim="drop").verdicts == {
        "spam": "quarantine",
        "virus": "drop",
        "spf": "accept",
        "dkim": "drop",
        "dmarc": "quarantine",
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"subdomain": "in.mail"}, "inbox subdomain 'in.mail' is not one label; set subdomain"),
        (
            {"subdomain": ""},
            "the inbox has neither a subdomain nor the apex, so that nothing is received; set subdomain",
        ),
        (
            {"subdomain": "bounce"},
            "inbox subdomain 'bounce' is the mail_from_subdomain, where bounces go; set subdomain",
        ),
        (
            {"existing_rule_set": "our rules"},
            "existing_rule_set 'our rules' is not the name of a rule set; set existing_rule_set",
        ),
        (
            {"existing_rule_set": "ours", "take_over": True},
            "take_over has nothing to take over beside an existing_rule_set; set take_over",
        ),
        ({"spam": "delete"}, "spam 'delete' is none of quarantine, accept, drop; set spam"),
        ({"memory_mib": 256}, "memory_mib 256 is not within 512 to 10240; set memory_mib"),
        ({"keep_days": 0}, "keep_days 0 is not within 1 to 3650; set keep_days"),
        ({"routes": (HELLO, HELLO)}, "routes name 'hello' 2 times; set routes"),
    ],
)
def test_an_inbox_that_cannot_be_is_one_clear_error(settings: dict[str, Any], message: str) -> None:
    assert refused(inbox=InboxConfig(**settings)) == message


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"name": "Hello"},
            ("route name 'Hello' is not 1 to 40 small letters and digits, with single hyphens between; set its name"),
        ),
        ({"recipients": ()}, "route 'hello' has no recipients; set its recipients"),
        ({"forward_to": ()}, "route 'hello' leads nowhere; set its forward_to or publish"),
        (
            {"forward_to": ("me",)},
            "forward_to of route 'hello' 'me' is not a mail address; set forward_to of route 'hello'",
        ),
        (
            {"recipients": ("hello@dev.example.com",)},
            (
                "recipient 'hello@dev.example.com' of route 'hello' is no address in small letters at "
                "in.dev.example.com; set its recipients"
            ),
        ),
        *(
            (
                {"recipients": (pattern,)},
                (
                    f"recipient {pattern!r} of route 'hello' is no address in small letters at "
                    "in.dev.example.com; set its recipients"
                ),
            )
            for pattern in ("@in.dev.example.com", "h?llo@in.dev.example.com", "Hello@in.dev.example.com", "hello")
        ),
        (
            {"forward_to": ("b@in.dev.example.com",)},
            "route 'hello' forwards to 'b@in.dev.example.com', which is received here; set its forward_to",
        ),
    ],
)
def test_a_route_that_cannot_be_is_one_clear_error(changed: dict[str, Any], message: str) -> None:
    assert refused(inbox=InboxConfig(routes=(replace(HELLO, **changed),))) == message


def test_a_star_stands_for_any_characters_of_an_address() -> None:
    route = replace(HELLO, recipients=("*@in.dev.example.com", "team-*@in.dev.example.com"))
    replace(STAGES["dev"], inbox=InboxConfig(routes=(route,)))


def test_the_apex_has_routes_too_where_it_receives() -> None:
    route = replace(HELLO, recipients=("hello@dev.example.com",))
    replace(STAGES["dev"], inbox=InboxConfig(apex=True, routes=(route,)))


def test_a_region_where_ses_receives_no_mail_is_refused() -> None:
    in_hong_kong = NetworkConfig(zones=("ape1-az1", "ape1-az2"))
    assert refused(region="ap-east-1", network=in_hong_kong, inbox=InboxConfig()) == (
        f"region 'ap-east-1' is none where SES receives mail ({', '.join(RECEIVING_REGIONS)}); set inbox"
    )
    replace(STAGES["dev"], region="ap-east-1", network=in_hong_kong)


def test_every_stage_of_a_receiving_region_may_receive() -> None:
    assert {stage.region for stage in STAGES.values()} <= {*RECEIVING_REGIONS}
    replace(STAGES["prod"], region="us-east-1", network=IN_US_EAST_1)


def test_a_route_shows_as_its_name() -> None:
    assert str(HELLO) == "hello"
