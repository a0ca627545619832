"""The dashboard: every system of a stage on one page, in both regions."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from aws_cdk import CrossStackReferences, ReferenceStrength
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct, IConstruct

from stacks.board import Board
from stacks.config import StageConfig
from stacks.dashboard_mail import show_consumer, show_inbox, show_ses
from stacks.dashboard_web import show_data, show_edge, show_web
from stacks.data import DataStack
from stacks.edge import EdgeStack
from stacks.graphs import FULL, HALF, graph
from stacks.mail import MailStack
from stacks.mail_queue import MailQueue
from stacks.python_function import PythonFunction
from stacks.stage_stack import StageStack
from stacks.web import WebStack

ALARMS_HEIGHT = 4


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The stacks whose systems are shown, and by which names."""

    data: DataStack
    mail: MailStack
    web: WebStack
    edge: EdgeStack

    @property
    def queues(self) -> Mapping[str, MailQueue]:
        """The queues, each with its dead letters."""
        mail = self.mail
        inbox = {"inbox": mail.inbox.events.queue} if mail.inbox else {}
        return {
            "standard": mail.standard,
            "fifo": mail.fifo,
            "delay": mail.delay,
            "feedback": mail.feedback.events.queue,
            **inbox,
        }

    @property
    def functions(self) -> Mapping[str, PythonFunction]:
        """The functions."""
        mail, web = self.mail, self.web
        inbox = {"inbox": mail.inbox.function} if mail.inbox else {}
        return {
            "blog": web.blog.application,
            "consumer": mail.delivery.consumer,
            "feedback": mail.feedback.function,
            **inbox,
            "resume check": mail.resume.check,
            "quota check": mail.quota.check,
            "unsubscribe": web.unsubscribe.function,
        }

    def only_shown(self) -> Iterator[IConstruct]:
        """Yield what no other stack reads strongly, so that only the dashboard could stand in its way."""
        yield from (function.function for function in self.functions.values())
        yield from (queue.dead_letters for queue in self.queues.values())
        yield from (queue.source for queue in self.queues.values() if queue is not self.mail.standard)
        yield self.web.blog.target_group
        if self.edge.region != self.web.region:
            yield self.web.front.balancer


class Dashboard(Construct):
    """One dashboard, from readers to mails, with the alarms of the stacks on top.

    A dashboard must never keep a stack from being changed: what only it reads, it reads weakly, by the stack's outputs.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        watched: Watched,
        alarms: Mapping[str, Sequence[cloudwatch.Alarm]],
    ) -> None:
        super().__init__(scope, construct_id)
        for shown in (*watched.only_shown(), *(alarm for of_stack in alarms.values() for alarm in of_stack)):
            CrossStackReferences.of(shown).produce(ReferenceStrength.WEAK)
        self.name = f"edgepost-{config.name}"
        board = Board(self, "Board", name=self.name)
        board.heading(f"Edgepost, {config.name}")
        for title, of_stack in alarms.items():
            shown = [self._elsewhere(alarm) for alarm in of_stack]
            board.row(cloudwatch.AlarmStatusWidget(title=title, width=FULL, height=ALARMS_HEIGHT, alarms=shown))
        show_edge(board, config=config, edge=watched.edge)
        show_web(board, config=config, web=watched.web)
        show_data(board, config=config, data=watched.data)
        board.heading("Queues")
        for name, queue in watched.queues.items():
            board.queue(name, queue)
        show_consumer(board, config=config, mail=watched.mail)
        show_ses(board, config=config, mail=watched.mail)
        if watched.mail.inbox:
            show_inbox(board, config=config)
        board.heading("Functions")
        board.row(
            graph(
                "Errors",
                [function.function.metric_errors(label=name) for name, function in watched.functions.items()],
                width=HALF,
            ),
            graph(
                "Throttles",
                [function.function.metric_throttles(label=name) for name, function in watched.functions.items()],
                width=HALF,
            ),
        )

    def _elsewhere(self, alarm: cloudwatch.Alarm) -> cloudwatch.IAlarm:
        # By its ARN alone: what the library knows of an alarm without a name does not reach another region.
        arn = cast("cloudwatch.CfnAlarm", alarm.node.default_child).attr_arn
        return cloudwatch.Alarm.from_alarm_arn(self, alarm.node.path.replace("/", " "), arn)


def alarms_by_stack(*stacks: StageStack) -> Mapping[str, Sequence[cloudwatch.Alarm]]:
    """Return the alarms of each stack that has some, by its name and region."""
    return {f"Alarms: {stack.node.id}, {stack.region}": stack.alarms for stack in stacks if stack.alarms}
