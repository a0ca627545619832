"""Alarms on the consumer and on what waits for it."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from collections.abc import Mapping, Sequence
from functools import partial

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.alarms import alarm
from stacks.config import AlarmConfig
from stacks.config_mail import ConsumerConfig
from stacks.mail_queue import MailQueue
from stacks.python_function import PythonFunction

LEAST_ENDED = 20
"""Requests in an hour below which the share of those that were given up says nothing; each is a dead letter anyway."""


def consumer_alarms(
    scope: Construct,
    consumer: PythonFunction,
    metrics: Mapping[str, cloudwatch.Metric],
    settings: ConsumerConfig,
    config: AlarmConfig,
) -> list[cloudwatch.Alarm]:
    """Define alarms on a consumer that has paused, is throttled by SES, gives much up, or is nearly too slow."""
    watch = partial(alarm, scope, config=config)
    return [
        watch(
            "Paused",
            # As long as a pause lasts, each resume check counts it again.
            metrics["paused"].with_(period=Duration.minutes(settings.resume_check_minutes)),
            threshold=1,
            reason="the consumer has paused: the daily quota is spent, or SES does not let us send",
            source="the first pause, for mails wait from then on",
            section="the-consumer-has-paused",
        ),
        watch(
            "ThrottledBySes",
            metrics["throttled"],
            threshold=config.throttled,
            reason="SES refuses mails as too fast: send_rate is too high, or others of the account send too",
            source="setting throttled",
            section="ses-throttles-the-consumer",
        ),
        watch(
            "ManyRejected",
            _rejected_percent(metrics["rejected"], metrics["sent"]),
            threshold=config.rejected_percent,
            reason="many mail requests are given up: a sender writes bad ones, or SES takes none of its mails",
            source="setting rejected_percent",
            section="many-requests-are-given-up",
        ),
        watch(
            "NearTimeout",
            consumer.function.metric_duration(statistic="Maximum", period=Duration.minutes(5)),
            threshold=1000 * (settings.timeout_seconds - config.consumer_spare_seconds),
            reason="the consumer nearly takes as long as it may, past which it is killed in the middle of a mail",
            source="setting consumer_spare_seconds, before timeout_seconds",
            section="the-consumer-is-nearly-too-slow",
        ),
    ]


def drain_alarm(
    scope: Construct, queues: Sequence[MailQueue], settings: ConsumerConfig, config: AlarmConfig
) -> cloudwatch.Alarm:
    """Define an alarm on more in the queues together than can be sent in time at the rate that they share."""
    waiting = {
        queue.node.id.lower(): queue.source.metric_approximate_number_of_messages_visible(statistic="Maximum")
        for queue in queues
    }
    minutes = cloudwatch.MathExpression(
        expression=f"({' + '.join(waiting)}) / {60 * settings.send_rate:g}",
        label="minutes to drain",
        using_metrics=waiting,
        period=Duration.minutes(5),
    )
    return alarm(
        scope,
        "LongToDrain",
        minutes,
        config=config,
        threshold=config.drain_minutes,
        reason="more mail requests wait than can be sent in time at send_rate",
        source="setting drain_minutes",
        section="the-queues-take-long-to-drain",
    )


def _rejected_percent(rejected: cloudwatch.Metric, sent: cloudwatch.Metric) -> cloudwatch.MathExpression:
    # A period without such a line has no data.
    ended = "(FILL(rejected, 0) + FILL(sent, 0))"
    return cloudwatch.MathExpression(
        expression=f"IF({ended} >= {LEAST_ENDED}, 100 * FILL(rejected, 0) / {ended}, 0)",
        label="percent given up",
        using_metrics={"rejected": rejected, "sent": sent},
        period=Duration.hours(1),
    )
