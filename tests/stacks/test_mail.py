from stacks.config import STAGES
from tests.stacks.synthesis import Template, refers_to

OUTPUTS = {
    "Domain",
    "HostedZoneId",
    "ConfigurationSet",
    "StandardQueueUrl",
    "FifoQueueUrl",
    "DelayQueueUrl",
    "StandardDeadLetterQueueUrl",
    "FifoDeadLetterQueueUrl",
    "DelayDeadLetterQueueUrl",
    "StandardMapping",
    "FifoMapping",
    "DelayMapping",
    "DeliveriesTable",
    "SendingTable",
    "SuppressionsTable",
    "UnsubscribeKey",
    "AttachmentsBucket",
    "ConsumerFunction",
    "QuotaFunction",
    "ResumeFunction",
    "FeedbackTopic",
    "FeedbackQueueUrl",
    "FeedbackDeadLetterQueueUrl",
    "FeedbackFunction",
}


INBOX_OUTPUTS = {
    "ReceivingDomain",
    "InboxBucket",
    "ReceivedTable",
    "InboxQueueUrl",
    "InboxDeadLetterQueueUrl",
    "InboxFunction",
    "ReceiptRuleSet",
}


def test_outputs_tell_people_and_tools_what_there_is(mail: Template, alarms: Template, stage: str) -> None:
    expected = OUTPUTS | (INBOX_OUTPUTS if STAGES[stage].inbox else set())
    assert {
        name for name in mail.document["Outputs"] if not name.startswith(("ExportsOutput", "PublishOutput"))
    } == expected
    assert "AlarmTopic" in alarms.document["Outputs"]


def test_each_mapping_output_is_that_queues_mapping(mail: Template) -> None:
    for queue in ("Standard", "Fifo", "Delay"):
        (mapping,) = refers_to(mail.document["Outputs"][f"{queue}Mapping"]["Value"])
        source = mail.all("Lambda::EventSourceMapping")[mapping]["EventSourceArn"]
        assert refers_to(source) == refers_to(mail.document["Outputs"][f"{queue}QueueUrl"]["Value"])


def test_only_actions_that_know_no_resource_are_allowed_on_all(mail: Template, stage: str) -> None:
    allowed = [statement["Action"] for _, statement in mail.allowed() if statement["Resource"] == "*"]
    activation = [["ses:DescribeActiveReceiptRuleSet", "ses:SetActiveReceiptRuleSet"]] if STAGES[stage].inbox else []
    assert sorted(allowed, key=str) == sorted(
        ["lambda:ListEventSourceMappings", "ses:GetAccount", "ses:GetAccount", *activation], key=str
    )


def test_the_only_other_wildcards_are_the_objects_of_buckets(mail: Template, stage: str) -> None:
    found = {
        (statement["Action"], str(statement["Resource"]))
        for _, statement in mail.allowed()
        if "*" in str(statement["Resource"]) and statement["Resource"] != "*"
    }
    expected = {("s3:GetObject", str(objects(mail, "StoreAttachments", "/*")))}
    if STAGES[stage].inbox:
        expected.add(("s3:GetObject", str(objects(mail, "InboxMails", "/received/*"))))
    assert found == expected


def objects(mail: Template, bucket: str, keys: str) -> dict[str, object]:
    return {"Fn::Join": ["", [{"Fn::GetAtt": [mail.named(bucket, "S3::Bucket"), "Arn"]}, keys]]}
