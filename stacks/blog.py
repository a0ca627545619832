"""The blog: a function behind the load balancer, between the data stores and the mail queue."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from stacks.alarms import alarm
from stacks.config import AlarmConfig, StageConfig
from stacks.data import DataStack
from stacks.database import BLOG_ROLE
from stacks.lambda_target import lambda_targets
from stacks.mail_queue import MailQueue
from stacks.network import NetworkStack
from stacks.python_function import PythonFunction

# What the blog writes as `event` into its log when a store fails it; each becomes a metric and an alarm.
FAILURES = {
    "cache_unavailable": "the blog does without its cache, so that every page asks the database",
    "sessions_unavailable": "the blog cannot read sessions, so that nobody is signed in",
    "database_unavailable": "the blog cannot reach its database, and answers 503",
    "fault": "the blog cannot do what it should: a mail request is not queued, or a session cannot be read",
}
SECTIONS = {
    "cache_unavailable": "the-blog-does-without-its-cache",
    "sessions_unavailable": "the-blog-cannot-read-sessions",
    "database_unavailable": "the-blog-cannot-reach-its-database",
    "fault": "the-blog-cannot-do-what-it-should",
}
"""Where the runbook tells of each."""
# What else it writes there; each becomes a metric.
EVENTS = (
    "cache_poisoned",
    "stale_served",
    "signed_in",
    "signed_out",
    "invited",
    "contact",
    "post_written",
    "post_deleted",
)


class Blog(Construct):
    """The function, whom it may reach, and the target group by which the load balancer invokes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        network: NetworkStack,
        data: DataStack,
        queue: MailQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        self.application = PythonFunction(
            self,
            "Application",
            description="the blog: pages from cache and database, sign-in, contact form",
            config=config.python,
            package="blog",
            shared=("data_access",),
            handler="blog.handler.handle",
            environment=_environment(config, data, queue),
            timeout=Duration.seconds(config.web.timeout_seconds),
            memory_mib=config.web.memory_mib,
            vpc=network.vpc,
            subnets=network.web_subnets,
        )
        self._allow(network, data, queue)
        self.target_group = lambda_targets(
            self,
            self.application.function,
            name=f"edgepost-{config.name}-blog",
            health_check=elbv2.HealthCheck(enabled=True, path="/health", interval=Duration.minutes(1)),
        )
        self.metrics = {
            event: self.application.count(event, metric=event, namespace=config.blog_metrics)
            for event in (*FAILURES, *EVENTS)
        }

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define alarms on invocations that fail or are refused, and one for each store missed too often."""
        return [
            self.application.alarm_on_errors(config, setting="blog_errors"),
            self.application.alarm_on_throttles(config),
            *(
                alarm(
                    self,
                    event,
                    self.metrics[event],
                    config=config,
                    threshold=getattr(config, event),
                    reason=reason,
                    source=f"setting {event}",
                    section=SECTIONS[event],
                )
                for event, reason in FAILURES.items()
            ),
        ]

    def _allow(self, network: NetworkStack, data: DataStack, queue: MailQueue) -> None:
        for store in (data.cache, data.sessions, data.database):
            self.application.connections.allow_to_default_port(store.connections)
        data.cache.grant_connect(self.application.role)
        data.sessions.grant_connect(self.application.role)
        data.database.grant_connect(self.application.role, BLOG_ROLE)
        self.application.connections.allow_to_default_port(network.sqs_endpoint)
        self.application.allow("sqs:SendMessage", on=[queue.source.queue_arn])


def _environment(config: StageConfig, data: DataStack, queue: MailQueue) -> dict[str, str]:
    """What the blog reads once at its start."""
    web = config.web
    return {
        "CACHE_ENGINE": data.cache.kind,
        **data.cache.environment("CACHE"),
        **data.sessions.environment("SESSIONS"),
        **data.database.environment(BLOG_ROLE),
        "CA_FILE": web.ca_file,
        "CACHE_TIMEOUT_MS": str(web.cache_timeout_ms),
        "CACHE_CONNECT_TIMEOUT_MS": str(web.cache_connect_timeout_ms),
        "DATABASE_PATIENCE_SECONDS": str(web.database_patience_seconds),
        "FRESH_SECONDS": str(web.fresh_seconds),
        "STALE_SECONDS": str(web.stale_seconds),
        "MISSING_SECONDS": str(web.missing_seconds),
        "SESSION_IDLE_MINUTES": str(web.session_idle_minutes),
        "SESSION_HOURS": str(web.session_hours),
        "LINK_MINUTES": str(web.link_minutes),
        "MAIL_QUEUE_URL": queue.source.queue_url,
        "MAIL_DOMAIN": config.domain.domain,
        "CONTACT_EMAIL": web.contact_email,
        "SITE_URL": web.url,
        "SITE_TITLE": web.site_title,
    }
