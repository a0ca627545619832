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
    "ResumeFunction",
    "FeedbackTopic",
    "FeedbackQueueUrl",
    "FeedbackDeadLetterQueueUrl",
    "FeedbackFunction",
}


def test_outputs_tell_people_and_tools_what_there_is(mail: Template, alarms: Template) -> None:
    assert {
        name for name in mail.document["Outputs"] if not name.startswith(("ExportsOutput", "PublishOutput"))
    } == OUTPUTS
    assert "AlarmTopic" in alarms.document["Outputs"]


def test_each_mapping_output_is_that_queues_mapping(mail: Template) -> None:
    for queue in ("Standard", "Fifo", "Delay"):
        (mapping,) = refers_to(mail.document["Outputs"][f"{queue}Mapping"]["Value"])
        source = mail.all("Lambda::EventSourceMapping")[mapping]["EventSourceArn"]
        assert refers_to(source) == refers_to(mail.document["Outputs"][f"{queue}QueueUrl"]["Value"])


def test_only_actions_that_know_no_resource_are_allowed_on_all(mail: Template) -> None:
    allowed = {statement["Action"] for _, statement in mail.allowed() if statement["Resource"] == "*"}
    assert allowed == {"lambda:ListEventSourceMappings", "ses:GetAccount"}


def test_the_only_other_wildcard_is_the_objects_of_the_attachments_bucket(mail: Template) -> None:
    (statement,) = (
        statement
        for _, statement in mail.allowed()
        if "*" in str(statement["Resource"]) and statement["Resource"] != "*"
    )
    assert statement["Action"] == "s3:GetObject"
    assert statement["Resource"] == {
        "Fn::Join": ["", [{"Fn::GetAtt": [mail.named("StoreAttachments", "S3::Bucket"), "Arn"]}, "/*"]]
    }
