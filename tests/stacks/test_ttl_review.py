import json
from typing import Any

import pytest

from stacks.config import STAGES
from tests.stacks.synthesis import Synthesized, Template, refers_to, text, weakly_read
from tests.stacks.test_edge_log_table import projection
from tests.stacks.test_mail_delivery import listed
from tests.stacks.variants import synthesize_variant

ACCOUNT = {"Ref": "AWS::AccountId"}


def function(review: Template) -> dict[str, Any]:
    return review.one("Lambda::Function", Handler="ttl_review.handler.handle")


def beside_the_dashboard(review: Template) -> list[Any]:
    """The resources but for the dashboard, which reads weakly at home too."""
    return [each for each in review.resources.values() if each["Type"] != "AWS::CloudWatch::Dashboard"]


def test_the_distribution_is_looked_up_in_us_east_1_and_the_rest_imported(
    synthesized: Synthesized, review: Template, edge: Template, stage: str
) -> None:
    (distribution,) = edge.all("CloudFront::Distribution")
    read = [projection(review)["distributionid.values"], variables(review)["DISTRIBUTION_ID"]]
    for value in read:
        assert synthesized.origins("Review", value) == {f"Edge/{distribution}"}
    assert {name for name, _ in weakly_read(beside_the_dashboard(review))} == {f"edgepost-{stage}-edge"}
    assert synthesized.region("Review") == STAGES[stage].region


def test_at_home_in_us_east_1_the_distribution_is_imported_too() -> None:
    review = synthesize_variant("at home in us-east-1").template("Review")
    assert not weakly_read(beside_the_dashboard(review))
    assert "edgepost-prod-edge:ExportsOutputRefSiteDistribution" in review.text


def test_another_revision_changes_the_function_so_that_the_distribution_is_read_again(review: Template) -> None:
    assert review.document["Parameters"]["Revision"]["Default"] == "none"
    assert "Revision" in refers_to(function(review)["Description"])


def test_the_review_may_do_what_it_needs_and_nothing_else(review: Template, stage: str) -> None:
    home = STAGES[stage].region
    here = f"{home}:<AWS::AccountId>"
    everywhere = "arn:<AWS::Partition>:cloudfront::<AWS::AccountId>"
    results = f"<{review.named('QueriesResults', 'S3::Bucket')}>"
    logs = f"<edgepost-{stage}-web:ExportsOutputFnGetAttEdgeLogsBucket6CF30C5EArn486B1522>"
    distribution = f"<edgepost-{stage}-edge:PublishOutputRefSiteDistribution390DED280B985409>"
    attachments = f"<edgepost-{stage}-mail:ExportsOutputFnGetAttStoreAttachmentsFAD9D1C2Arn02335804>"
    mails = f"<edgepost-{stage}-mail:ExportsOutputFnGetAttStandardSource221D5E63Arn4573DE0E>"
    assert allowed(review, review.named("ReviewFunctionRole", "IAM::Role")) == {
        (
            *("logs:CreateLogStream", "logs:PutLogEvents"),
            *("on", f"<{review.named('ReviewFunctionLog', 'Logs::LogGroup')}>"),
        ),
        (
            *("athena:GetQueryExecution", "athena:GetQueryResults"),
            *("athena:StartQueryExecution", "athena:StopQueryExecution"),
            *("on", f"arn:<AWS::Partition>:athena:{here}:workgroup/edgepost-{stage}-review"),
        ),
        (
            *("glue:GetDatabase", "glue:GetTable"),
            *("on", f"arn:<AWS::Partition>:glue:{here}:catalog"),
            f"arn:<AWS::Partition>:glue:{here}:database/edgepost_{stage}",
            f"arn:<AWS::Partition>:glue:{here}:table/edgepost_{stage}/edge_logs",
        ),
        ("s3:GetBucketLocation", "s3:ListBucket", "on", results, logs),
        ("s3:GetObject", "on", f"{logs}/cdn/*"),
        (
            *("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
            *("on", f"{results}/results/*"),
        ),
        ("s3:ListBucketMultipartUploads", "on", results),
        (
            *("cloudfront:GetDistributionConfig", "on"),
            f"arn:aws:cloudfront::<AWS::AccountId>:distribution/{distribution}",
        ),
        (
            *("cloudfront:GetCachePolicy", "cloudfront:GetOriginRequestPolicy", "on"),
            *(f"{everywhere}:cache-policy/*", f"{everywhere}:origin-request-policy/*"),
        ),
        ("sqs:SendMessage", "on", mails),
        ("s3:PutObject", "on", f"{attachments}/ttl-review/*"),
    }


def allowed(review: Template, role: str) -> set[tuple[str, ...]]:
    """What a role may do: actions, then `on`, then what on."""
    statements = review.statements(role, "Allow")
    assert not [statement for statement in statements if "Condition" in statement]
    return {(*listed(each["Action"]), "on", *map(text, resources(each["Resource"]))) for each in statements}


def resources(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]


def variables(review: Template) -> dict[str, Any]:
    return function(review)["Environment"]["Variables"]


def test_the_review_knows_what_to_read_and_where_its_report_goes(
    synthesized: Synthesized, review: Template, mail: Template, stage: str
) -> None:
    found = dict(variables(review))
    told = json.loads(found.pop("REVIEW"))
    assert told["period_days"] == STAGES[stage].review.period_days
    for name, kind in (("MAIL_QUEUE_URL", "StandardSource"), ("ATTACHMENTS_BUCKET", "StoreAttachments")):
        (origin,) = synthesized.origins("Review", found.pop(name))
        assert origin.startswith(f"Mail/{kind}")
    found.pop("DISTRIBUTION_ID")
    assert found == {
        "LOG_DATABASE": f"edgepost_{stage}",
        "LOG_TABLE": "edge_logs",
        "WORKGROUP": f"edgepost-{stage}-review",
        "MAIL_DOMAIN": mail.one("SES::EmailIdentity")["EmailIdentity"],
        "REPORT_TO": json.dumps([STAGES[stage].web.contact_email]),
        "STAGE": stage,
    }


@pytest.fixture(scope="module")
def otherwise() -> Template:
    """The review of a stage that sets what no stage of ours does."""
    return synthesize_variant("count only").template("Review")


def test_what_a_review_looks_at_and_may_propose_are_settings(otherwise: Template) -> None:
    assert json.loads(variables(otherwise)["REVIEW"]) == {
        "period_days": 1,
        "top": 50,
        "least_requests": 1000,
        "most_stale_seconds": {"pages": 600},
        "origin_seconds": {},
        "origin_stale_seconds": {"*": 5},
        "changes": {"/images/*": 1000, "*": 3600},
    }


def test_reports_go_to_whom_a_setting_names(otherwise: Template) -> None:
    assert json.loads(variables(otherwise)["REPORT_TO"]) == ["a@example.com", "b@example.com"]


def test_the_review_runs_by_its_schedule(review: Template, otherwise: Template) -> None:
    schedule = review.one("Scheduler::Schedule")
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (
        "cron(0 6 ? * TUE *)",
        "Etc/UTC",
    )
    assert schedule["State"] == "ENABLED"
    assert refers_to(schedule["Target"]["Arn"]) == {review.named("ReviewFunction", "Lambda::Function")}
    assert otherwise.one("Scheduler::Schedule")["ScheduleExpression"] == "rate(1 day)"


def test_the_scheduler_may_invoke_the_review_and_nothing_else(review: Template) -> None:
    caller = review.named("ReviewCaller", "IAM::Role")
    assert refers_to(review.one("Scheduler::Schedule")["Target"]["RoleArn"]) == {caller}
    invoked = f"<{review.named('ReviewFunction', 'Lambda::Function')}>"
    assert allowed(review, caller) == {("lambda:InvokeFunction", "on", invoked)}
    (statement,) = review.all("IAM::Role")[caller]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_the_review_has_time_and_memory_by_setting(review: Template, stage: str) -> None:
    found = function(review)
    config = STAGES[stage].review
    assert (found["Timeout"], found["MemorySize"]) == (config.timeout_seconds, config.memory_mib)


def test_a_failed_review_raises_an_alarm(review: Template, stage: str) -> None:
    alarm = review.one("CloudWatch::Alarm")
    assert (alarm["MetricName"], alarm["Threshold"]) == ("Errors", STAGES[stage].alarms.review_errors)
    assert refers_to(alarm["Dimensions"]) == {review.named("ReviewFunction", "Lambda::Function")}


def test_people_are_told_what_there_is(review: Template, stage: str) -> None:
    outputs = {key: text(output["Value"]) for key, output in review.document["Outputs"].items()}
    assert outputs == {
        "ReviewFunction": f"<{review.named('ReviewFunction', 'Lambda::Function')}>",
        "ReviewWorkgroup": f"edgepost-{stage}-review",
        "ReviewDatabase": f"edgepost_{stage}",
        "ReviewTable": "edge_logs",
        "ReviewResultsBucket": f"<{review.named('QueriesResults', 'S3::Bucket')}>",
        "DashboardName": f"edgepost-{stage}",
    }
