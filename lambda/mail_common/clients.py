"""The AWS clients of the mail path: made when first needed, since each costs a cold start some milliseconds.

They come from botocore, which boto3 wraps: boto3's resources and transfers, unused here, cost a cold start 36 ms more
(`make bench`, 2 cores, Python 3.11).
"""

import threading
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import get_session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

# Seconds; a send that takes longer counts as undecided.
SEND_TIMEOUT_S = 10
CONNECTIONS = 20

# Both save processor time at each call: parameters are typed here, and the long user agent is made anew each time.
LEAN = Config(max_pool_connections=CONNECTIONS, parameter_validation=False, user_agent="edgepost")
# One attempt only: a retry after a read timeout would send twice, and a throttled call would block for seconds.
SEND_ONCE = LEAN.merge(Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=SEND_TIMEOUT_S))
RETRY = LEAN.merge(Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=5))
# For who waits before a browser: what does not answer in a few seconds is an outage, which the page then says.
PROMPT = RETRY.merge(Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=1, read_timeout=1.5))


class Clients:
    """One client a service for the life of the function instance."""

    def __init__(self, *, retry: Config = RETRY) -> None:
        self._retry = retry
        self._session = get_session()
        # Making two clients of one session at a time is not safe, using them is (boto3, "Clients": multithreading).
        self._making = threading.Lock()
        self._made: dict[str, object] = {}

    @property
    def ses(self) -> "SESV2Client":
        """Sends without a retry of its own."""
        return self._client("sesv2", SEND_ONCE)

    @property
    def sqs(self) -> "SQSClient":
        """Requests, dead letters and visibility."""
        return self._client("sqs", self._retry)

    @property
    def s3(self) -> "S3Client":
        """Attachments and received mails."""
        return self._client("s3", self._retry)

    @property
    def dynamodb(self) -> "DynamoDBClient":
        """Delivery records, suppressed addresses and the sending state."""
        return self._client("dynamodb", self._retry)

    @property
    def lambda_(self) -> "LambdaClient":
        """Event source mappings."""
        return self._client("lambda", self._retry)

    @property
    def kms(self) -> "KMSClient":
        """Codes of unsubscribe links."""
        return self._client("kms", self._retry)

    @property
    def sns(self) -> "SNSClient":
        """Topics that received mails are told to."""
        return self._client("sns", self._retry)

    def _client(self, service: str, config: Config) -> Any:  # noqa: ANN401
        with self._making:
            if service not in self._made:
                self._made[service] = self._session.create_client(service, config=config)
            return self._made[service]
