"""The parts of the dashboard that show mails: the consumer, what SES says, and what comes in."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks import mail_feedback, mail_inbox
from stacks.board import Board
from stacks.config import StageConfig
from stacks.graphs import HALF, THIRD, Line, counted, graph, measured
from stacks.mail import MailStack
from stacks.reputation import PAUSE, RATES, REVIEW

ENDS = ("sent", "left_out", "suppressed", "rejected", "duplicate", "undecided")
"""How a mail request ends, as the consumer logs it."""
WAITS = ("retried", "throttled", "warm_up_full", "paused", "handed_back", "fault")
"""Why one has to wait."""
OF_SES = ("Send", "Delivery", "Bounce", "Complaint", "Reject")


def show_consumer(board: Board, *, config: StageConfig, mail: MailStack) -> None:
    """Draw what becomes of mail requests, and how quick it is."""
    board.heading("Consumer")
    board.function("consumer", mail.delivery.consumer)
    pace = cloudwatch.MathExpression(
        expression="sent / PERIOD(sent)",
        label="mails",
        using_metrics={"sent": measured(config.mail_metrics, "sent")},
        period=Duration.minutes(5),
    )
    limits = {"send_rate, recipients": config.consumer.send_rate}
    board.row(
        graph("How requests end", counted(config.mail_metrics, ENDS)),
        graph("Why requests wait", counted(config.mail_metrics, WAITS)),
        graph("Pace, a second", [pace, mail.quota.metrics["allowed_rate"]], limits=limits),
    )


def show_ses(board: Board, *, config: StageConfig, mail: MailStack) -> None:
    """Draw reputation and quota, which are the whole account's, and what became of the stage's mails."""
    board.heading("SES")
    quota = mail.quota.metrics
    board.row(
        *(_rate(kind, config) for kind in RATES),
        graph(
            "Daily quota used, %",
            [quota["quota_used_percent"]],
            limits={"alarm": config.operation.quota_used_percent},
        ),
    )
    board.row(
        graph("Recipients in 24 hours", [quota["sent_recipients"], quota["quota_recipients"]]),
        graph("The account's mails", [measured("AWS/SES", name) for name in OF_SES]),
        graph(
            "What became of mails", counted(config.mail_metrics, mail_feedback.EVENTS, prefix="feedback_"), width=THIRD
        ),
    )


def show_inbox(board: Board, *, config: StageConfig) -> None:
    """Draw what becomes of received mails."""
    came = ("received", "duplicate", "dmarc_report", "forwarded", "published")
    board.heading("Inbox")
    board.row(
        graph("Received mails", counted(config.mail_metrics, came, prefix="inbox_"), width=HALF),
        graph(
            "Received mails that went no further",
            counted(
                config.mail_metrics,
                [event for event in mail_inbox.EVENTS if event not in came],
                prefix="inbox_",
            ),
            width=HALF,
        ),
    )


def _rate(kind: str, config: StageConfig) -> cloudwatch.GraphWidget:
    percent: Line = cloudwatch.MathExpression(
        expression="100 * rate",
        label=f"{kind}s",
        using_metrics={
            "rate": measured("AWS/SES", RATES[kind], statistic="Maximum", period=Duration.hours(1)),
        },
        period=Duration.hours(1),
    )
    limits = {level: getattr(config.feedback, f"{kind}_{level}_percent") for level in (REVIEW, PAUSE)}
    return graph(f"{kind.capitalize()} rate, %", [percent], limits=limits)
