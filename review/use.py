"""What a mail and a page request cost: how much of what each uses, as counted in the code, and the list prices.

The amounts are those of the usual way: batches of ten, every recipient takes the mail, no retries. A stage's settings
are taken where they decide.
"""

from collections.abc import Iterable
from typing import NamedTuple

from review.prices import Prices
from stacks.config import StageConfig

MILLION = 1_000_000
COUNTED = {"_million": MILLION, "_thousand": 1000}
"""How many of something a price is for, by the end of its name."""

BATCH = 10
EVENTS = 2
"""Of a mail that arrives SES publishes "send" and "delivery"."""
FEEDBACK_SECONDS = 0.1
"""A batch of ten events."""
LOG_BYTES_A_MAIL = 1200
"""The lines of both functions about a mail, and its part of what Lambda writes about an invocation."""

ANSWER_KB = 20
"""A compressed page with its headers."""
BLOG_SECONDS = 0.03
"""Redis answers in a thousandth and the database in 14; the rest is reserve for cold starts."""
LOG_BYTES_A_REQUEST = 800
"""What Lambda writes about an invocation; the blog itself writes only about what fails or changes."""
CAPACITY_UNIT_KB = 400_000
"""What a capacity unit processes in an hour for a function ("Elastic Load Balancing pricing")."""
GB = 1_000_000_000


class Use(NamedTuple):
    """How much of something that has a price one mail or one request uses."""

    what: str
    price: str
    amount: float

    def million(self, prices: Prices, region: str) -> float:
        """Return what a million of them cost."""
        unit = next((count for end, count in COUNTED.items() if self.price.endswith(end)), 1)
        return MILLION * self.amount / unit * prices.of(self.price, region)


def mail(stage: StageConfig, *, queue: str = "sqs_million") -> list[Use]:
    """Return what a mail of one recipient uses that waits in a backlog, which is when the consumer works longest."""
    consumer, feedback = stage.consumer, stage.feedback
    # All invocations that may run at once share the rate, and each waits for its turn.
    seconds = consumer.max_concurrency / consumer.send_rate
    batched = 2 / BATCH
    """A receive and a delete for ten messages."""
    return [
        Use("SES: a mail", "ses_mail_thousand", 1),
        Use("SQS: sent, received and deleted in tens", queue, 1 + batched),
        Use("SNS: events send and delivery", "sns_million", EVENTS),
        Use("SQS: the same events", "sqs_million", EVENTS * (1 + batched)),
        Use("DynamoDB, writes: claim, sent, an outcome for each event, a lease for ten", "dynamodb_write_million", 4.1),
        Use("DynamoDB, reads: suppressed or not, the record for each event", "dynamodb_read_million", 1 + EVENTS),
        Use("Lambda, invocations: a tenth for the mail, a fifth for its events", "lambda_request_million", 0.3),
        Use(
            f"Lambda, consumer: {consumer.memory_mib} MiB, {consumer.max_concurrency} at once at "
            f"{consumer.send_rate:g} mails/s",
            "lambda_arm_gib_second",
            seconds * _gib(consumer.memory_mib),
        ),
        Use(
            f"Lambda, feedback: {feedback.memory_mib} MiB, {FEEDBACK_SECONDS:g} s for ten events",
            "lambda_arm_gib_second",
            EVENTS / BATCH * FEEDBACK_SECONDS * _gib(feedback.memory_mib),
        ),
        Use(f"CloudWatch Logs: {LOG_BYTES_A_MAIL:,} bytes", "log_gb", LOG_BYTES_A_MAIL / GB),
    ]


def request(stage: StageConfig, *, hits: float) -> list[Use]:
    """Return what an HTTPS request for a page uses, where so many are answered at the edge."""
    missed = 1 - hits
    memory = stage.web.memory_mib
    return [
        Use("CloudFront: an HTTPS request", "cloudfront_https_million", 1),
        Use(f"CloudFront: {ANSWER_KB} kB to the reader", "cloudfront_gb", ANSWER_KB * 1000 / GB),
        Use("WAF: a request looked at", "waf_million", 1),
        Use(
            f"load balancer: {ANSWER_KB} kB of a capacity unit",
            "load_balancer_capacity_unit_hour",
            missed * ANSWER_KB / CAPACITY_UNIT_KB,
        ),
        Use("Lambda: an invocation", "lambda_request_million", missed),
        Use(
            f"Lambda, blog: {memory:,} MiB, {BLOG_SECONDS * 1000:g} ms",
            "lambda_arm_gib_second",
            missed * BLOG_SECONDS * _gib(memory),
        ),
        Use(f"CloudWatch Logs: {LOG_BYTES_A_REQUEST} bytes", "log_gb", missed * LOG_BYTES_A_REQUEST / GB),
    ]


def million(uses: Iterable[Use], prices: Prices, region: str) -> float:
    """Return what a million with all these uses cost."""
    return sum(use.million(prices, region) for use in uses)


def _gib(mib: int) -> float:
    return mib / 1024
