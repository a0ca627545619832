"""A stage made by hand on the embedded cloud: queues, tables and mappings as the Mail stack names them."""

import io
import zipfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from local.cloud import Cloud
from operate import stage as stages
from operate.command import run
from tests.cloud_parts import function_role
from tests.mail_world import World
from tests.redrive_world import Post

Told = tuple[object, list[str], list[str]]

FUNCTION = "def handle(event, context):\n    raise RuntimeError('not in this test')\n"


@pytest.fixture(scope="session")
def deployed(cloud: Cloud) -> stages.Stage:
    outputs = {"Domain": "edgepost.test", "DeliveriesTable": "operate-deliveries", "SendingTable": "operate-sending"}
    dynamodb = cloud.client("dynamodb")
    for table in (outputs["DeliveriesTable"], outputs["SendingTable"]):
        dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    function = _function(cloud)
    for queue, name in stages.QUEUES.items():
        url, mapping = _queue(cloud, queue, function)
        outputs |= {f"{name}QueueUrl": url, f"{name}Mapping": mapping}
    return stages.Stage(
        name="local",
        outputs=outputs,
        sqs=cloud.client("sqs"),
        dynamodb=dynamodb,
        functions=cloud.client("lambda"),
    )


RECEIVE = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


def _function(cloud: Cloud) -> str:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("consumer.py", FUNCTION)
    return cloud.client("lambda").create_function(
        FunctionName="operate-consumer",
        Runtime="python3.14",
        Role=function_role(cloud, name="operate", actions=RECEIVE),
        Handler="consumer.handle",
        Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]


def _queue(cloud: Cloud, queue: str, function: str) -> tuple[str, str]:
    attributes = {
        "standard": {},
        "fifo": {"FifoQueue": "true"},
        "delay": {"DelaySeconds": "30"},
    }[queue]
    suffix = {"standard": "", "fifo": ".fifo", "delay": "-delay"}[queue]
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=f"operate-mail{suffix}", Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName=function, BatchSize=10, Enabled=False
    )
    return url, mapping["UUID"]


@pytest.fixture
def stage(deployed: stages.Stage, monkeypatch: pytest.MonkeyPatch) -> Generator[stages.Stage]:
    """The stage with empty queues, a consumer at rest, and no pause; `find` returns it."""

    def find(_: str) -> stages.Stage:
        return deployed

    monkeypatch.setattr(stages, "find", find)
    for name in ("STAGE", "TO", "FROM", "SUBJECT", "BODY", "QUEUE", "DELAY", "WAIT"):
        monkeypatch.delenv(name, raising=False)
    yield deployed
    for queue in stages.QUEUES:
        deployed.functions.update_event_source_mapping(UUID=deployed.mapping(queue), Enabled=False)
        deployed.sqs.purge_queue(QueueUrl=deployed.queue_url(queue))
    deployed.dynamodb.delete_item(TableName=deployed.outputs["SendingTable"], Key={"id": {"S": "sending"}})


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[[str, Callable[[], int]], Told]:
    """Run a command as the command line does: its exit code, and the lines on stdout and stderr."""

    def ended(name: str, main: Callable[[], int]) -> Told:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            run(name, main)
        printed = capsys.readouterr()
        return end.value.code, printed.out.splitlines(), printed.err.splitlines()

    return ended


@pytest.fixture
def receive(stage: stages.Stage) -> Callable[[str], dict[str, Any]]:
    """Receive one message of a queue by hand, with the plain SDK."""

    def from_queue(queue: str) -> dict[str, Any]:
        answer = stage.sqs.receive_message(
            QueueUrl=stage.queue_url(queue),
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
            WaitTimeSeconds=5,
        )
        return dict(answer["Messages"][0])

    return from_queue


@pytest.fixture
def write_record(stage: stages.Stage) -> Callable[..., None]:
    """Write a delivery record as the consumer does."""

    def write(message_id: str, **values: str | int) -> None:
        item: dict[str, Any] = {
            name: {"S": value} if isinstance(value, str) else {"N": str(value)} for name, value in values.items()
        }
        table = stage.outputs["DeliveriesTable"]
        stage.dynamodb.put_item(TableName=table, Item={"id": {"S": message_id}, **item})

    return write


@pytest.fixture
def consumer(
    receive: Callable[[str], dict[str, Any]], write_record: Callable[..., None]
) -> Generator[Callable[..., None]]:
    """Take the next message of the standard queue in the background and record what has become of it."""
    work: list[Future[None]] = []
    with ThreadPoolExecutor() as pool:

        def take(**values: str | int) -> None:
            work.append(pool.submit(lambda: write_record(receive("standard")["MessageId"], **values)))

        yield take
    for done in work:
        done.result()


@pytest.fixture
def post(cloud: Cloud) -> Iterator[Post]:
    """Two queues with a consumer, and the command for their dead letters."""
    cloud.ses.forget_mails()
    yield Post(World(cloud))
    cloud.ses.reset()
