from typing import Any

from local.cloud import Cloud
from tests.cloud_parts import put_stack

TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
EXPIRES = {"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}}


def _table(properties: dict[str, Any]) -> dict[str, Any]:
    table = {"Type": "AWS::DynamoDB::Table", "Properties": TABLE | properties}
    return {"Resources": {"Table": table}, "Outputs": {"Name": {"Value": {"Ref": "Table"}}}}


def _expiry(cloud: Cloud, table: str) -> dict[str, str]:
    return cloud.client("dynamodb").describe_time_to_live(TableName=table)["TimeToLiveDescription"]


def test_a_domain_has_three_dkim_records_that_agree_with_its_tokens(cloud: Cloud) -> None:
    names = [f"DkimDNSToken{part}{number}" for number in (1, 2, 3) for part in ("Name", "Value")]
    template = {
        "Resources": {"Domain": {"Type": "AWS::SES::EmailIdentity", "Properties": {"EmailIdentity": "dkim.example"}}},
        "Outputs": {name: {"Value": {"Fn::GetAtt": ["Domain", name]}} for name in names},
    }
    outputs = put_stack(cloud, "create", "dkim", template)
    signing = cloud.client("sesv2").get_email_identity(EmailIdentity="dkim.example")["DkimAttributes"]
    assert signing["Status"] == "SUCCESS"
    assert len(set(signing["Tokens"])) == 3
    for number, token in enumerate(signing["Tokens"], start=1):
        assert outputs[f"DkimDNSTokenName{number}"] == f"{token}._domainkey.dkim.example"
        assert outputs[f"DkimDNSTokenValue{number}"] == f"{token}.dkim.amazonses.com"


def test_a_deployed_mail_from_domain_is_verified_also_after_an_update(cloud: Cloud) -> None:
    def domain(name: str) -> dict[str, Any]:
        mail_from = {"MailFromDomain": f"{name}.from.example", "BehaviorOnMxFailure": "REJECT_MESSAGE"}
        properties = {"EmailIdentity": "from.example", "MailFromAttributes": mail_from}
        return {"Resources": {"Domain": {"Type": "AWS::SES::EmailIdentity", "Properties": properties}}}

    for verb, name in (("create", "bounce"), ("update", "return")):
        put_stack(cloud, verb, "mail-from", domain(name))
        found = cloud.client("sesv2").get_email_identity(EmailIdentity="from.example")["MailFromAttributes"]
        assert found["MailFromDomain"] == f"{name}.from.example"
        assert found["MailFromDomainStatus"] == "SUCCESS"


def test_an_address_has_no_dkim_records(cloud: Cloud) -> None:
    resource = {"Type": "AWS::SES::EmailIdentity", "Properties": {"EmailIdentity": "one@address.example"}}
    put_stack(cloud, "create", "address", {"Resources": {"Address": resource}})
    found = cloud.client("sesv2").get_email_identity(EmailIdentity="one@address.example")
    assert found["DkimAttributes"]["Tokens"] == []


def test_a_tables_expiry_is_made_added_and_removed(cloud: Cloud) -> None:
    name = put_stack(cloud, "create", "expiring", _table(EXPIRES))["Name"]
    assert _expiry(cloud, name) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    put_stack(cloud, "update", "expiring", _table({}))
    assert _expiry(cloud, name) == {"TimeToLiveStatus": "DISABLED"}
    put_stack(cloud, "update", "expiring", _table(EXPIRES))
    assert _expiry(cloud, name)["TimeToLiveStatus"] == "ENABLED"


def test_an_alarm_on_an_expression_is_there_by_its_label(cloud: Cloud) -> None:
    queue = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible"}
    metrics = [
        {"Id": "minutes", "Expression": "waiting / 60", "Label": "minutes to drain"},
        {"Id": "waiting", "MetricStat": {"Metric": queue, "Period": 300, "Stat": "Maximum"}, "ReturnData": False},
    ]
    alarm = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 5, "Metrics": metrics}
    resource = {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm | {"AlarmName": "metric-math"}}
    put_stack(cloud, "create", "metric-math", {"Resources": {"Alarm": resource}})
    (found,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=["metric-math"])["MetricAlarms"]
    assert (found["MetricName"], found["Threshold"]) == ("minutes to drain", 5.0)
