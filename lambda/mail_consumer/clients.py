"""The AWS clients of the consumer: made when first needed, since each costs a cold start some milliseconds."""

import threading
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

# Seconds; a send that takes longer counts as undecided.
SEND_TIMEOUT_S = 10
CONNECTIONS = 20

# One attempt only: a retry after a read timeout would send twice, and a throttled call would block for seconds.
SEND_ONCE = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=3,
    read_timeout=SEND_TIMEOUT_S,
    max_pool_connections=CONNECTIONS,
    parameter_validation=False,
)
RETRY = Config(
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=CONNECTIONS,
    parameter_validation=False,
)


class Clients:
    """One client a service for the life of the function instance."""

    def __init__(self) -> None:
        # Making two clients of one session at a time is not safe, using them is (boto3, "Clients": multithreading).
        self._making = threading.Lock()
        self._made: dict[str, object] = {}

    @property
    def ses(self) -> "SESV2Client":
        """Sends without a retry of its own."""
        return self._client("sesv2", SEND_ONCE)

    @property
    def sqs(self) -> "SQSClient":
        """Dead letters and visibility."""
        return self._client("sqs", RETRY)

    @property
    def s3(self) -> "S3Client":
        """Attachments."""
        return self._client("s3", RETRY)

    @property
    def dynamodb(self) -> "DynamoDBClient":
        """Delivery records and the sending state."""
        return self._client("dynamodb", RETRY)

    @property
    def lambda_(self) -> "LambdaClient":
        """Event source mappings."""
        return self._client("lambda", RETRY)

    def _client(self, service: str, config: Config) -> Any:  # noqa: ANN401
        with self._making:
            if service not in self._made:
                self._made[service] = boto3.client(service, config=config)  # pyright: ignore[reportUnknownMemberType,reportCallIssue,reportArgumentType]
            return self._made[service]
