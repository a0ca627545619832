from typing import Any

import pytest

from mail_unsubscribe.settings import Settings
from stacks.config import STAGES
from stacks.unsubscribe import EVENTS
from tests.stacks.synthesis import Synthesized, Template, refers_to


def function(web: Template) -> dict[str, Any]:
    return web.one("Lambda::Function", Handler="mail_unsubscribe.handler.handle")


def test_the_load_balancer_hands_this_one_page_to_a_function_of_its_own(web: Template) -> None:
    rule = web.one("ElasticLoadBalancingV2::ListenerRule")
    assert rule["Conditions"] == [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/unsubscribe"]}}]
    (action,) = rule["Actions"]
    targets = web.named("UnsubscribeTargets", "ElasticLoadBalancingV2::TargetGroup")
    assert (action["Type"], action["TargetGroupArn"]) == ("forward", {"Ref": targets})
    (target,) = web.all("ElasticLoadBalancingV2::TargetGroup")[targets]["Targets"]
    assert refers_to(target["Id"]) == {web.named("UnsubscribeFunction", "Lambda::Function")}


def test_requests_come_with_every_value_of_a_header_and_none_to_check_health(web: Template) -> None:
    targets = web.all("ElasticLoadBalancingV2::TargetGroup")[
        web.named("UnsubscribeTargets", "ElasticLoadBalancingV2::TargetGroup")
    ]
    assert {"Key": "lambda.multi_value_headers.enabled", "Value": "true"} in targets["TargetGroupAttributes"]
    # Off is what it is for functions ("Health checks for Application Load Balancer target groups").
    assert "HealthCheckEnabled" not in targets


def test_only_this_accounts_load_balancer_may_invoke_the_function(web: Template, stage: str) -> None:
    permission = web.all("Lambda::Permission")[web.named("Unsubscribe", "Lambda::Permission")]
    assert refers_to(permission["FunctionName"]) == {web.named("UnsubscribeFunction", "Lambda::Function")}
    assert permission["Principal"] == "elasticloadbalancing.amazonaws.com"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert f":targetgroup/edgepost-{stage}-unsubscribe/*" in str(permission["SourceArn"])


def test_the_function_checks_links_and_notes_addresses_and_may_do_nothing_else(
    synthesized: Synthesized, web: Template, mail: Template
) -> None:
    role = web.named("UnsubscribeFunctionRole", "IAM::Role")
    allowed = {
        (str(statement["Action"]), *synthesized.origins("Web", statement["Resource"]))
        for statement in web.statements(role, "Allow")
    }
    log = web.named("UnsubscribeFunctionLog", "Logs::LogGroup")
    assert allowed == {
        ("['logs:CreateLogStream', 'logs:PutLogEvents']", f"Web/{log}"),
        ("kms:VerifyMac", f"Mail/{mail.named('LinkKey', 'KMS::Key')}"),
        ("dynamodb:UpdateItem", f"Mail/{mail.named('StoreSuppressions', 'DynamoDB::Table')}"),
    }


def test_the_function_knows_its_settings_and_resources(
    synthesized: Synthesized, web: Template, mail: Template, stage: str
) -> None:
    variables = function(web)["Environment"]["Variables"]
    Settings.from_environment({name: str(value) for name, value in variables.items()})
    assert (variables["SITE_URL"], variables["SITE_TITLE"]) == (STAGES[stage].web.url, STAGES[stage].web.site_title)
    assert synthesized.origins("Web", variables["SUPPRESSIONS_TABLE"]) == {
        f"Mail/{mail.named('StoreSuppressions', 'DynamoDB::Table')}"
    }
    assert synthesized.origins("Web", variables["UNSUBSCRIBE_KEY"]) == {f"Mail/{mail.named('LinkKey', 'KMS::Key')}"}


def test_the_function_is_outside_the_vpc(web: Template) -> None:
    assert "VpcConfig" not in function(web)


def test_the_page_is_never_kept_and_takes_what_is_posted(edge: Template) -> None:
    behaviours = edge.one("CloudFront::Distribution")["DistributionConfig"]["CacheBehaviors"]
    (page,) = (each for each in behaviours if each["PathPattern"] == "/unsubscribe")
    forms = edge.named("SitePoliciesFormsCache", "CloudFront::CachePolicy")
    assert page["CachePolicyId"] == {"Ref": forms}
    policy = edge.all("CloudFront::CachePolicy")[forms]["CachePolicyConfig"]
    assert (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"]) == (0, 0, 0)
    assert "POST" in page["AllowedMethods"]


def test_the_link_reaches_the_function_whole(edge: Template) -> None:
    request = edge.one("CloudFront::OriginRequestPolicy")["OriginRequestPolicyConfig"]
    assert request["QueryStringsConfig"] == {"QueryStringBehavior": "all"}


@pytest.mark.parametrize(("event", "metric"), EVENTS.items())
def test_what_the_function_logs_is_counted(web: Template, stage: str, event: str, metric: str) -> None:
    log = {"Ref": web.named("UnsubscribeFunctionLog", "Logs::LogGroup")}
    counter = web.one("Logs::MetricFilter", LogGroupName=log, FilterPattern=f'{{ $.event = "{event}" }}')
    assert counter["MetricTransformations"] == [
        {"MetricName": metric, "MetricNamespace": f"Edgepost/Mail/{stage}", "MetricValue": "1"}
    ]


def test_a_failing_function_raises_an_alarm(web: Template, stage: str) -> None:
    alarm = web.all("CloudWatch::Alarm")[web.named("UnsubscribeFunctionFailing", "CloudWatch::Alarm")]
    assert refers_to(alarm["Dimensions"]) == {web.named("UnsubscribeFunction", "Lambda::Function")}
    assert alarm["Threshold"] == STAGES[stage].alarms.unsubscribe_errors
