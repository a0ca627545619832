"""Find what a stage has deployed: its outputs, and clients for its account or for the embedded cloud."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import STATE, Cloud, running
from mail_consumer.sending import Sending
from operate.command import StageError
from stacks.config import STAGES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

ROOT = Path(__file__).resolve().parent.parent
QUEUES = {"standard": "Standard", "fifo": "Fifo", "delay": "Delay"}
"""What people call a queue -> how the Mail stack's outputs about it begin."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A deployed stage: the outputs of its Mail stack and the clients that its commands need."""

    name: str
    outputs: dict[str, str]
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"
    functions: "LambdaClient"

    @property
    def sending(self) -> Sending:
        """What the consumer's invocations share: whether it has paused, and what it has disabled."""
        return Sending(client=self.dynamodb, table=self.outputs["SendingTable"], now=time.time)

    def item(self, table: str, key: str) -> Mapping[str, Any]:
        """Return an item as it is now, of the table that an output of the Mail stack names; empty: there is none."""
        answer = self.dynamodb.get_item(TableName=self.outputs[table], Key={"id": {"S": key}}, ConsistentRead=True)
        return {name: TypeDeserializer().deserialize(value) for name, value in answer.get("Item", {}).items()}

    def queue_url(self, queue: str) -> str:
        """Return the URL of the queue that people call `standard`, `fifo` or `delay`."""
        return self.outputs[f"{QUEUES[queue]}QueueUrl"]

    @property
    def mappings(self) -> list[str]:
        """The ids of all event source mappings of the consumer."""
        return [self.mapping(queue) for queue in QUEUES]

    def mapping(self, queue: str) -> str:
        """Return the id of the event source mapping between a queue and the consumer."""
        return self.outputs[f"{QUEUES[queue]}Mapping"]


def stack_name(stage: str, part: str) -> str:
    """Return the name of a stage's stack, as `mail` or `web`."""
    return f"edgepost-{stage}-{part}"


def relative(path: Path) -> str:
    """Return a path as seen from the project's folder."""
    return os.path.relpath(path, ROOT)


def chosen() -> str:
    """Return the stage that STAGE names, `local` by default."""
    name = os.environ.get("STAGE") or "local"
    if name not in STAGES:
        raise StageError(f"STAGE '{name}' is not one of {', '.join(STAGES)}")
    return name


def running_cloud() -> Cloud:
    """Return the embedded cloud that `make up` started."""
    cloud = running(STATE)
    if cloud is None:
        raise StageError("the embedded cloud is not running; start it with `make up`")
    return cloud


def connect(name: str, *, region: str = "") -> Callable[[str], Any]:
    """Return what makes a client for the name of a service: of the embedded cloud, or of the usual AWS profile.

    The region is the stage's own unless another is named.
    """
    region = region or STAGES[name].region
    if name == "local":
        cloud = running_cloud()
        return lambda service: cloud.client(service, region)
    return _account(name, region)


def find(name: str) -> Stage:
    """Return a deployed stage."""
    return found(name, connect(name))


def found(name: str, connect: Callable[[str], Any]) -> Stage:
    """Return the stage that `connect` leads to."""
    return Stage(
        name=name,
        outputs=outputs(name, "mail", connect),
        sqs=connect("sqs"),
        dynamodb=connect("dynamodb"),
        functions=connect("lambda"),
    )


def _account(name: str, region: str) -> Callable[[str], Any]:
    """Return what makes clients for a real account, through the usual AWS profile."""
    try:
        session = boto3.Session(region_name=region)
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise StageError(f"no AWS account for stage {name}: {error}") from error
    if credentials is None:
        raise StageError(f"no AWS credentials for stage {name}; set AWS_PROFILE or run `aws configure`")

    def connect(service: str) -> Any:  # noqa: ANN401
        return session.client(service)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportCallIssue, reportArgumentType]

    return connect


def outputs(stage: str, part: str, connect: Callable[[str], Any]) -> dict[str, str]:
    """Return the outputs of one of a stage's stacks by key."""
    return outputs_of(stage, stack_name(stage, part), connect)


def outputs_of(stage: str, stack: str, connect: Callable[[str], Any]) -> dict[str, str]:
    """Return the outputs of the stage's stack with that name by key."""
    try:
        stacks = connect("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        # "Stack with id … does not exist" comes as a ValidationError (CloudFormation API reference, DescribeStacks).
        if "does not exist" in str(error):
            raise StageError(f"stack {stack} is not deployed; run `{_deploy_command(stage)}`") from error
        raise StageError(f"cannot read stack {stack}: {error}") from error
    except BotoCoreError as error:
        raise StageError(f"cannot read stack {stack}: {error}") from error
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}


def _deploy_command(stage: str) -> str:
    return "make up" if stage == "local" else f"make deploy STAGE={stage}"
