from graphlib import TopologicalSorter

from app import STATEFUL
from stacks.config import STAGES
from tests.stacks.synthesis import Synthesized, Template, refers_to

# A new logical id is a new resource: what the old one holds is lost or left behind. Change one only with a migration.
FROZEN = {
    "DelayDeadLetters24EAD942",
    "DelaySource29E54188",
    "DeliveryConsumerLog1D40ECD0",
    "FifoDeadLetters33B26493",
    "FifoSource0B4254B3",
    "MailDomainIdentityE0A4BAAC",
    "MailDomainZoneE9C893D8",
    "ResumeCheckLog6615D983",
    "StandardDeadLettersF03BDE93",
    "StandardSource221D5E63",
    "StoreAttachmentsFAD9D1C2",
    "StoreDeliveriesCB0C3543",
    "StoreSending4B067A97",
}
# Properties that would give a resource a name of our choice.
NAMES = {
    "CloudWatch::Alarm": "AlarmName",
    "DynamoDB::Table": "TableName",
    "IAM::Role": "RoleName",
    "KMS::Alias": "AliasName",
    "Lambda::Function": "FunctionName",
    "Logs::LogGroup": "LogGroupName",
    "Logs::MetricFilter": "FilterName",
    "S3::Bucket": "BucketName",
    "SES::ConfigurationSet": "Name",
    "SNS::Topic": "TopicName",
    "Scheduler::Schedule": "Name",
}
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
    "AttachmentsBucket",
    "ConsumerFunction",
    "ResumeFunction",
}


def stateful(template: Template) -> set[str]:
    return {name for name, resource in template.resources.items() if resource["Type"] in STATEFUL}


def test_what_holds_data_keeps_its_logical_id(mail: Template) -> None:
    assert stateful(mail) == FROZEN


def test_the_alarm_key_keeps_its_logical_id(alarms: Template) -> None:
    assert stateful(alarms) == {"Key961B73FD"}


def test_a_protected_stage_keeps_what_holds_data(mail: Template, alarms: Template, stage: str) -> None:
    expected = {True: "Retain", False: "Delete"}[STAGES[stage].protected]
    for template in (mail, alarms):
        for name in stateful(template):
            assert template.resources[name]["DeletionPolicy"] == expected
            assert template.resources[name]["UpdateReplacePolicy"] == expected


def test_stacks_of_a_protected_stage_cannot_be_deleted(synthesized: Synthesized, stage: str) -> None:
    for stack in ("Alarms", "Mail"):
        assert synthesized.stack(stack).get("terminationProtection", False) is STAGES[stage].protected


def test_stacks_are_named_by_stage(synthesized: Synthesized, stage: str) -> None:
    names = [synthesized.stack(stack)["stackName"] for stack in ("Alarms", "Mail")]
    assert names == [f"edgepost-{stage}-alarms", f"edgepost-{stage}-mail"]


def test_outputs_tell_people_and_tools_what_there_is(mail: Template, alarms: Template) -> None:
    assert {*mail.document["Outputs"]} == OUTPUTS
    assert "AlarmTopic" in alarms.document["Outputs"]


def test_each_mapping_output_is_that_queues_mapping(mail: Template) -> None:
    for queue in ("Standard", "Fifo", "Delay"):
        (mapping,) = refers_to(mail.document["Outputs"][f"{queue}Mapping"]["Value"])
        source = mail.all("Lambda::EventSourceMapping")[mapping]["EventSourceArn"]
        assert refers_to(source) == refers_to(mail.document["Outputs"][f"{queue}QueueUrl"]["Value"])


def test_no_resource_waits_for_itself(mail: Template, alarms: Template) -> None:
    for template in (mail, alarms):
        needs = {
            name: (refers_to(resource) | {*resource.get("DependsOn", [])}) & {*template.resources}
            for name, resource in template.resources.items()
        }
        assert {*TopologicalSorter(needs).static_order()} == {*template.resources}


def test_only_source_queues_have_physical_names(mail: Template, alarms: Template) -> None:
    for template in (mail, alarms):
        for kind, name in NAMES.items():
            assert not [properties for properties in template.all(kind).values() if name in properties]
    names = [queue["QueueName"] for queue in mail.all("SQS::Queue").values() if "QueueName" in queue]
    assert len(names) == 3


def test_no_policy_allows_actions_by_wildcard(mail: Template) -> None:
    for _, statement in mail.allowed():
        assert "*" not in str(statement["Action"])
        assert "NotAction" not in statement


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


def test_every_alarm_tells_the_alarm_topic(mail: Template, alarms: Template, stage: str) -> None:
    (export,) = (output["Export"]["Name"] for output in alarms.document["Outputs"].values() if "Export" in output)
    assert export.startswith(f"edgepost-{stage}-alarms:")
    assert len(mail.all("CloudWatch::Alarm")) == 9
    for alarm in mail.all("CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Fn::ImportValue": export}]
        assert alarm["TreatMissingData"] == "notBreaching"


def test_no_function_is_there_but_ours(mail: Template, alarms: Template) -> None:
    handlers = {function["Handler"] for function in mail.all("Lambda::Function").values()}
    assert handlers == {"mail_consumer.handler.handle", "mail_consumer.resume.handle"}
    assert not alarms.all("Lambda::Function")
