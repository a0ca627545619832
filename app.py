"""Edgepost as a CDK app: which stacks there are and which needs which."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

import sys
from typing import NamedTuple

from aws_cdk import App, RemovalPolicies, RemovalPolicy, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from stacks.alarms import AlarmsStack
from stacks.config import STAGES, StageConfig
from stacks.data import DataStack
from stacks.edge import EdgeStack
from stacks.mail import MailStack
from stacks.network import NetworkStack
from stacks.review import ReviewStack
from stacks.web import WebStack

# What holds data or a name that others know: a protected stage never deletes it.
STATEFUL = [
    "AWS::DynamoDB::Table",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Route53::HostedZone",
    "AWS::S3::Bucket",
    "AWS::SES::EmailIdentity",
    "AWS::SES::Tenant",
    "AWS::SQS::Queue",
]


class Edgepost(NamedTuple):
    """The stacks of one stage, in deploy order."""

    network: NetworkStack
    alarms: AlarmsStack
    mail: MailStack
    data: DataStack
    web: WebStack
    edge: EdgeStack
    review: ReviewStack


def build(app: App, config: StageConfig) -> Edgepost:
    """Define every stack of a stage."""
    network = NetworkStack(app, "Network", config=config)
    alarms = AlarmsStack(app, "Alarms", config=config)
    mail = MailStack(app, "Mail", config=config, alarm_topic=alarms.topic)
    data = DataStack(app, "Data", config=config, network=network, alarm_topic=alarms.topic)
    web = WebStack(app, "Web", config=config, network=network, mail=mail, data=data, alarm_topic=alarms.topic)
    edge = EdgeStack(app, "Edge", config=config, web=web, mail=mail)
    review = ReviewStack(
        app, "Review", config=config, mail=mail, data=data, web=web, edge=edge, alarm_topic=alarms.topic
    )
    keep = RemovalPolicy.RETAIN if config.protected else RemovalPolicy.DESTROY
    RemovalPolicies.of(app).apply(keep, apply_to_resource_types=STATEFUL)
    Tags.of(app).add("edgepost:stage", config.name)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app, verbose=True))
    return Edgepost(network, alarms, mail, data, web, edge, review)


def main() -> None:
    """Build the stage that the context names: `cdk deploy --all -c stage=dev`."""
    app = App()
    stage = app.node.try_get_context("stage")
    if stage not in STAGES:
        sys.exit(f"stage {stage!r} is none of {', '.join(STAGES)}; set it as in: cdk synth -c stage=dev")
    build(app, STAGES[stage])
    app.synth()


if __name__ == "__main__":
    main()
