import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stacks.config import STAGES, AlarmConfig, PythonConfig, StageConfig, host_platform
from stacks.config_edge import EdgeConfig
from stacks.config_feedback import FeedbackConfig
from stacks.config_mail import MIB, ConsumerConfig, DomainConfig, QueueConfig, WarmUpConfig
from stacks.config_web import WebConfig
from stacks.settings import ConfigError, Settings
from stacks.wheels import ROOT

DOMAIN = DomainConfig(domain="example.com")


def test_there_are_three_stages_named_by_their_key() -> None:
    assert [*STAGES] == ["local", "dev", "prod"]
    assert all(stage.name == name for name, stage in STAGES.items())


def test_only_prod_is_protected() -> None:
    assert [stage.name for stage in STAGES.values() if stage.protected] == ["prod"]


def test_prod_asks_receivers_to_quarantine_forged_mail() -> None:
    assert STAGES["prod"].domain.dmarc_policy == "quarantine"


def test_what_runs_on_aws_gets_wheels_for_what_it_runs_on() -> None:
    for stage in (STAGES["dev"], STAGES["prod"]):
        assert stage.python.architecture == "arm64"
        assert stage.python.wheel_platform == "aarch64-manylinux_2_28"
        assert stage.python.wheel_python == stage.python.runtime


def test_the_local_stage_gets_wheels_for_this_host() -> None:
    assert STAGES["local"].python.wheel_platform == host_platform()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"domain": DomainConfig(domain="exmaple")}, "mail domain 'exmaple' has no dot; set domain"),
        (
            {"domain": DomainConfig(domain="Example.com")},
            "mail domain 'Example.com' is not a domain name in lower case; set domain",
        ),
        (
            {"domain": DomainConfig(domain="mail.example.com", zone_name="example.org")},
            "mail domain 'mail.example.com' is not in hosted zone 'example.org'; set zone_name",
        ),
        (
            {"domain": DomainConfig(domain="badexample.com", zone_name="example.com")},
            "mail domain 'badexample.com' is not in hosted zone 'example.com'; set zone_name",
        ),
        (
            {"domain": DomainConfig(domain="example.com", mail_from_subdomain="mail.from")},
            "mail_from_subdomain 'mail.from' is not one label; set mail_from_subdomain",
        ),
        (
            {"domain": DomainConfig(domain="example.com", spf="", other_txt_values=("site=1",))},
            "other_txt_values would not be written without an SPF record; set spf",
        ),
        (
            {"domain": DomainConfig(domain="example.com", dmarc_policy="qarantine")},
            "dmarc_policy 'qarantine' is none of none, quarantine, reject; set dmarc_policy",
        ),
        (
            {"domain": DomainConfig(domain="example.com", dmarc_reports_to="me")},
            "dmarc_reports_to 'me' is not a mail address; set dmarc_reports_to",
        ),
        (
            {"domain": DomainConfig(domain="example.com", sandbox_recipients=("a@example.net", "@example.net"))},
            "sandbox_recipients '@example.net' is not a mail address; set sandbox_recipients",
        ),
        (
            {"queues": QueueConfig(retention_days=14, dead_letter_retention_days=13)},
            "dead_letter_retention_days 13 is below retention_days 14; set dead_letter_retention_days",
        ),
        ({"queues": QueueConfig(delay_seconds=901)}, "delay_seconds 901 is not within 0 to 900; set delay_seconds"),
        (
            {"queues": QueueConfig(max_receive_count=0)},
            "max_receive_count 0 is not within 1 to 1000; set max_receive_count",
        ),
        (
            {"consumer": ConsumerConfig(max_concurrency=1)},
            "max_concurrency 1 is not within 2 to 1000; set max_concurrency",
        ),
        (
            {"consumer": ConsumerConfig(timeout_seconds=901)},
            "timeout_seconds 901 is not within 30 to 900; set timeout_seconds",
        ),
        ({"consumer": ConsumerConfig(batch_size=11)}, "batch_size 11 is not within 1 to 10; set batch_size"),
        ({"consumer": ConsumerConfig(send_rate=0)}, "send_rate 0 is not within 0.1 to 10000; set send_rate"),
        (
            {"consumer": ConsumerConfig(on_undecided="guess")},
            "on_undecided 'guess' is none of ask, resend; set on_undecided",
        ),
        (
            {"consumer": ConsumerConfig(max_mail_bytes=40 * MIB + 1, memory_mib=10_240)},
            "max_mail_bytes 41943041 is not within 1024 to 41943040; set max_mail_bytes",
        ),
        (
            {"consumer": ConsumerConfig(max_mail_bytes=40 * MIB, memory_mib=256)},
            "memory_mib 256 does not hold a mail of max_mail_bytes 41943040, which needs 368; set memory_mib",
        ),
        (
            {"domain": DomainConfig(domain="example.com", tenant="our shop")},
            "tenant 'our shop' is not 1 to 64 letters, digits, hyphens and underscores; set tenant",
        ),
        *(
            (
                {"consumer": ConsumerConfig(warm_up=WarmUpConfig(start=start))},
                f"warm-up start {start!r} is not a day as 2026-12-01; set start",
            )
            for start in ("", "20261201", "2026-02-30", "2026-12-01T00:00")
        ),
        (
            {"consumer": ConsumerConfig(warm_up=WarmUpConfig(start="2026-12-01", growth=1))},
            "growth 1 is not within 1.1 to 5; set growth",
        ),
        (
            {"feedback": FeedbackConfig(bounce_review_percent=10)},
            "bounce_pause_percent 10.0 is not above bounce_review_percent 10; set bounce_pause_percent",
        ),
        (
            {"feedback": FeedbackConfig(complaint_pause_percent=0.05)},
            "complaint_pause_percent 0.05 is not above complaint_review_percent 0.1; set complaint_pause_percent",
        ),
        (
            {"feedback": FeedbackConfig(transient_bounces=0)},
            "transient_bounces 0 is not within 1 to 100; set transient_bounces",
        ),
        ({"alarms": AlarmConfig(emails=("me",))}, "emails 'me' is not a mail address; set emails"),
        (
            {"web": WebConfig(cloudfront_prefix_list="cloudfront.origin-facing")},
            (
                "cloudfront_prefix_list 'cloudfront.origin-facing' is not the id of a prefix list, "
                "as pl-58a04531; set cloudfront_prefix_list"
            ),
        ),
        (
            {"web": WebConfig(site_domain="https://www.example.com")},
            "site_domain 'https://www.example.com' is not a domain name in lower case; set site_domain",
        ),
        (
            {"web": WebConfig(site_domain="www.example.org")},
            "site_domain 'www.example.org' is not in hosted zone 'example.com'; set site_domain",
        ),
        (
            {"web": WebConfig(site_domain="badexample.com")},
            "site_domain 'badexample.com' is not in hosted zone 'example.com'; set site_domain",
        ),
        (
            {"web": WebConfig(contact_email="owner")},
            "contact_email 'owner' is not a mail address; set contact_email",
        ),
        (
            {"web": WebConfig(timeout_seconds=27, database_patience_seconds=25)},
            (
                "timeout_seconds 27 leaves less than 8 seconds for an answer after database_patience_seconds 25; "
                "set database_patience_seconds"
            ),
        ),
        ({"web": WebConfig(timeout_seconds=56)}, "timeout_seconds 56 is not within 10 to 55; set timeout_seconds"),
        (
            {"edge": EdgeConfig(origin="public")},
            "origin 'public' without a site_domain would send its secret over plain HTTP; set site_domain",
        ),
        ({"edge": EdgeConfig(origin="internet")}, "origin 'internet' is none of vpc, public; set origin"),
        ({"edge": EdgeConfig(origin_secret=0)}, "origin_secret 0 is not within 1 to 1000000; set origin_secret"),
        ({"edge": EdgeConfig(web_acl_mode="off")}, "web_acl_mode 'off' is none of block, count; set web_acl_mode"),
        (
            {"edge": EdgeConfig(rate_limit_requests=9)},
            "rate_limit_requests 9 is not within 10 to 2000000000; set rate_limit_requests",
        ),
        (
            {"edge": EdgeConfig(web_acl_log_days=8)},
            "web_acl_log_days 8 is none of 30, 7, 90, 365; set web_acl_log_days",
        ),
        ({"edge": EdgeConfig(log_days=0)}, "log_days 0 is not within 1 to 3650; set log_days"),
        ({"python": PythonConfig(log_days=8)}, "log_days 8 is none of 30, 7, 90, 365; set log_days"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(settings: dict[str, Settings], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        StageConfig(**{"name": "dev", "domain": DOMAIN, **settings})  # pyright: ignore[reportArgumentType]
    assert str(error.value) == f'{message} in STAGES["dev"]'


def test_a_domain_below_its_zone_is_right() -> None:
    assert DomainConfig(domain="mail.example.com", zone_name="example.com").zone == "example.com"
    replace(STAGES["dev"], domain=DomainConfig(domain="mail.example.com", zone_name="example.com"))


@pytest.mark.parametrize("site_domain", ["example.com", "www.example.com"])
def test_a_site_in_the_zone_is_right(site_domain: str) -> None:
    config = replace(STAGES["dev"], domain=DOMAIN, web=WebConfig(site_domain=site_domain))
    assert config.web.url == f"https://{site_domain}"


def test_a_site_has_no_address_before_it_has_a_name() -> None:
    assert WebConfig().url == ""
    assert (
        WebConfig(site_domain="www.example.com", site_url="https://blog.example.com").url == "https://blog.example.com"
    )


def test_the_largest_mails_are_right_with_enough_memory() -> None:
    replace(STAGES["dev"], consumer=ConsumerConfig(max_mail_bytes=40 * MIB, memory_mib=368))


def test_a_wrong_setting_in_the_file_ends_every_command_with_one_line(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    file = tmp_path / "stacks" / "config.py"
    file.write_text(file.read_text().replace('domain="dev.example.com"', 'domain="example"'))
    done = subprocess.run(
        [sys.executable, "-m", "stacks.wheels"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "settings: mail domain 'example' has no dot; set domain in STAGES[\"dev\"]\n"
