from typing import Any

import pytest

from blog.settings import Settings
from data_access.postgres_server import PostgresServer
from data_access.redis_server import RedisServer
from stacks.blog import EVENTS, FAILURES
from stacks.config import STAGES
from tests.stacks.synthesis import Synthesized, Template, refers_to


def application(web: Template) -> Any:
    return web.all("Lambda::Function")[web.named("BlogApplication", "Lambda::Function")]


def targets(web: Template) -> Any:
    return web.all("ElasticLoadBalancingV2::TargetGroup")[
        web.named("BlogTargets", "ElasticLoadBalancingV2::TargetGroup")
    ]


def test_the_blogs_environment_is_complete(web: Template) -> None:
    environment = {name: as_deployed(value) for name, value in variables(web).items()}
    Settings.from_environment(environment)
    RedisServer.from_environment("CACHE", environment)
    RedisServer.from_environment("SESSIONS", environment)
    PostgresServer.from_environment(environment)


@pytest.mark.parametrize("surplus", ["SECRET", "PASSWORD", "TOKEN", "KEY"])
def test_the_blogs_environment_holds_no_secret(web: Template, surplus: str) -> None:
    assert not [name for name in variables(web) if surplus in name]


def test_what_is_a_setting_reaches_the_blog(web: Template, stage: str) -> None:
    config = STAGES[stage]
    assert {
        "CA_FILE": config.web.ca_file,
        "CACHE_CONNECT_TIMEOUT_MS": str(config.web.cache_connect_timeout_ms),
        "CACHE_TIMEOUT_MS": str(config.web.cache_timeout_ms),
        "CONTACT_EMAIL": config.web.contact_email,
        "DATABASE_PATIENCE_SECONDS": str(config.web.database_patience_seconds),
        "FRESH_SECONDS": str(config.web.fresh_seconds),
        "LINK_MINUTES": str(config.web.link_minutes),
        "MAIL_DOMAIN": config.domain.domain,
        "MISSING_SECONDS": str(config.web.missing_seconds),
        "SESSION_HOURS": str(config.web.session_hours),
        "SESSION_IDLE_MINUTES": str(config.web.session_idle_minutes),
        "SITE_TITLE": config.web.site_title,
        "SITE_URL": config.web.url,
        "STALE_SECONDS": str(config.web.stale_seconds),
    }.items() <= variables(web).items()


def test_the_blog_ends_before_cloudfront_gives_up(web: Template) -> None:
    cloudfronts_default_origin_response_timeout = 30
    assert application(web)["Timeout"] < cloudfronts_default_origin_response_timeout


def test_requests_are_handed_on_with_every_value_of_a_header(web: Template) -> None:
    target_group = targets(web)
    assert target_group["TargetType"] == "lambda"
    assert {"Key": "lambda.multi_value_headers.enabled", "Value": "true"} in target_group["TargetGroupAttributes"]


def test_the_load_balancer_serves_the_blog(web: Template) -> None:
    (action,) = web.one("ElasticLoadBalancingV2::Listener")["DefaultActions"]
    assert action["Type"] == "forward"
    assert refers_to(action["TargetGroupArn"]) == {web.named("BlogTargets", "ElasticLoadBalancingV2::TargetGroup")}
    (target,) = targets(web)["Targets"]
    assert refers_to(target["Id"]) == {web.named("BlogApplication", "Lambda::Function")}


def test_the_health_check_asks_for_what_needs_no_store(web: Template) -> None:
    target_group = targets(web)
    assert target_group["HealthCheckEnabled"] is True
    assert target_group["HealthCheckPath"] == "/health"
    assert target_group["HealthCheckIntervalSeconds"] == 60


def test_only_this_accounts_load_balancer_may_invoke_the_blog_and_only_for_its_target_group(
    web: Template, stage: str
) -> None:
    name = f"edgepost-{stage}-blog"
    assert targets(web)["Name"] == name
    permission = web.all("Lambda::Permission")[web.named("Blog", "Lambda::Permission")]
    assert permission == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Fn::GetAtt": [web.named("BlogApplication", "Lambda::Function"), "Arn"]},
        "Principal": "elasticloadbalancing.amazonaws.com",
        "SourceAccount": {"Ref": "AWS::AccountId"},
        "SourceArn": {
            "Fn::Join": [
                "",
                [
                    f"arn:aws:elasticloadbalancing:{STAGES[stage].region}:",
                    {"Ref": "AWS::AccountId"},
                    f":targetgroup/{name}/*",
                ],
            ]
        },
    }


def test_the_target_group_waits_for_the_permission(web: Template) -> None:
    target_group = web.named("BlogTargets", "ElasticLoadBalancingV2::TargetGroup")
    assert web.named("Blog", "Lambda::Permission") in web.resources[target_group]["DependsOn"]


def test_the_blog_may_do_just_what_it_does(synthesized: Synthesized, web: Template) -> None:
    role = web.named("BlogApplication", "IAM::Role")
    allowed = {
        action: statement["Resource"]
        for statement in web.statements(role, "Allow")
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if not action.startswith(("ec2:", "logs:"))
    }
    assert {*allowed} == {"elasticache:Connect", "rds-db:connect", "sqs:SendMessage"}
    mail = synthesized.template("Mail")
    assert synthesized.origins("Web", allowed["sqs:SendMessage"]) == {
        f"Mail/{mail.named('StandardSource', 'SQS::Queue')}"
    }
    assert "/blog" in str(allowed["rds-db:connect"])


@pytest.mark.parametrize("event", [*FAILURES, *EVENTS])
def test_what_the_blog_logs_is_counted(web: Template, stage: str, event: str) -> None:
    log = {"Ref": web.named("BlogApplicationLog", "Logs::LogGroup")}
    counter = web.one("Logs::MetricFilter", LogGroupName=log, FilterPattern=f'{{ $.event = "{event}" }}')
    assert counter["MetricTransformations"] == [
        {"MetricName": event, "MetricNamespace": f"Edgepost/Blog/{stage}", "MetricValue": "1"}
    ]


@pytest.mark.parametrize("event", FAILURES)
def test_a_store_that_fails_the_blog_raises_an_alarm(web: Template, stage: str, event: str) -> None:
    alarm = web.one("CloudWatch::Alarm", MetricName=event)
    assert alarm["Namespace"] == f"Edgepost/Blog/{stage}"
    assert (alarm["Statistic"], alarm["Period"]) == ("Sum", 300)
    assert alarm["Threshold"] == getattr(STAGES[stage].alarms, event)


def test_a_failing_blog_raises_an_alarm(web: Template, stage: str) -> None:
    alarm = web.all("CloudWatch::Alarm")[web.named("BlogApplicationFailing", "CloudWatch::Alarm")]
    assert alarm["MetricName"] == "Errors"
    assert alarm["Threshold"] == STAGES[stage].alarms.blog_errors
    assert refers_to(alarm["Dimensions"]) == {web.named("BlogApplication", "Lambda::Function")}


def variables(web: Template) -> dict[str, object]:
    return application(web)["Environment"]["Variables"]


def as_deployed(value: object) -> str:
    """A literal as it is; a number in place of what is only known after a deploy, which may be a port."""
    return value if isinstance(value, str) else "1"
