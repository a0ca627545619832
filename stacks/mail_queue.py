"""A queue of the mail path and the dead-letter queue behind it."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.alarms import alarm
from stacks.config import AlarmConfig, StageConfig
from stacks.config_mail import QueueConfig

LONG_POLL = Duration.seconds(20)


class MailQueue(Construct):
    """A source queue, standard or FIFO by its name, and a dead-letter queue of its own kind.

    The function that reads the queue fills the dead-letter queue; SQS does so only after `max_receive_count` receives,
    as a net. People empty it, once its alarm has told them. Unless it is said otherwise, the function is the consumer.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queue_name: str,
        config: StageConfig,
        delay_seconds: int = 0,
        timeout_seconds: int = 0,
        max_receive_count: int = 0,
        given_up: str = "a mail request was given up; its delivery record and added attributes tell why",
        late: str = "mail requests wait longer than they should: the consumer is paused, slow or failing",
    ) -> None:
        super().__init__(scope, construct_id)
        common: dict[str, Any] = {
            "encryption": sqs.QueueEncryption.SQS_MANAGED,
            "enforce_ssl": True,
            "receive_message_wait_time": LONG_POLL,
            **(_fifo(config.queues) if queue_name.endswith(".fifo") else {}),
        }
        self.delay_seconds = delay_seconds
        self._given_up, self._late = given_up, late
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            retention_period=Duration.days(config.queues.dead_letter_retention_days),
            redrive_allow_policy=sqs.RedriveAllowPolicy(
                redrive_permission=sqs.RedrivePermission.BY_QUEUE, source_queues=[self._by_name(queue_name)]
            ),
            **common,
        )
        self.source = sqs.Queue(
            self,
            "Source",
            queue_name=queue_name,
            # Six times the function's timeout, says "Creating and configuring an Amazon SQS event source mapping".
            visibility_timeout=Duration.seconds(6 * (timeout_seconds or config.consumer.timeout_seconds)),
            retention_period=Duration.days(config.queues.retention_days),
            delivery_delay=Duration.seconds(delay_seconds),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=max_receive_count or config.queues.max_receive_count
            ),
            redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
            **common,
        )

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define an alarm on the first dead letter, and on a message that waits too long, its delay not counted."""
        waiting = self.dead_letters.metric_approximate_number_of_messages_visible(statistic="Maximum")
        age = self.source.metric_approximate_age_of_oldest_message(statistic="Maximum")
        return [
            alarm(
                self,
                "DeadLettersWaiting",
                waiting,
                config=config,
                threshold=1,
                reason=self._given_up,
                source="the first message, for nobody else empties the queue",
                section="a-dead-letter-waits",
            ),
            alarm(
                self,
                "OldestMessageTooOld",
                age,
                config=config,
                threshold=60 * config.oldest_message_minutes + self.delay_seconds,
                reason=self._late,
                source="setting oldest_message_minutes, and the queue's own delay",
                section="a-message-waits-too-long",
            ),
        ]

    def _by_name(self, queue_name: str) -> sqs.IQueue:
        # By name and not by reference: two queues that refer to each other are a cycle for CloudFormation.
        return sqs.Queue.from_queue_attributes(
            self,
            "SourceByName",
            queue_arn=Stack.of(self).format_arn(service="sqs", resource=queue_name),
            fifo=queue_name.endswith(".fifo"),
        )


def _fifo(config: QueueConfig) -> dict[str, Any]:
    """Ask for "High throughput for FIFO queues": order and deduplication within each message group."""
    return {
        "fifo": True,
        "content_based_deduplication": config.content_based_deduplication,
        "deduplication_scope": sqs.DeduplicationScope.MESSAGE_GROUP,
        "fifo_throughput_limit": sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    }
