"""The Web stack: what CloudFront asks for pages."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.blog import Blog
from stacks.config import StageConfig
from stacks.data import DataStack
from stacks.edge_logs import EdgeLogBucket
from stacks.load_balancer import LoadBalancer
from stacks.mail import MailStack
from stacks.network import NetworkStack
from stacks.redis_console import RedisConsole
from stacks.stage_stack import StageStack
from stacks.unsubscribe import PATH, Unsubscribe


class WebStack(StageStack):
    """Load balancer, blog and unsubscribe page, the console to the blog's Redis, and a bucket for CloudFront's logs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        network: NetworkStack,
        mail: MailStack,
        data: DataStack,
        alarm_topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id, config=config, description="load balancer and blog")
        self.front = LoadBalancer(self, "Front", config=config, network=network, zone=mail.domain.zone)
        self.blog = Blog(self, "Blog", config=config, network=network, data=data, queue=mail.standard)
        self.console = RedisConsole(self, "Console", config=config, network=network, redis=data.redis)
        self.edge_logs = EdgeLogBucket(self, "EdgeLogs", config=config)
        self.unsubscribe = Unsubscribe(
            self, "Unsubscribe", config=config, key=mail.unsubscribe_key, suppressions=mail.store.suppressions
        )
        self.front.serve(self.blog.target_group)
        self.front.serve_at(PATH, self.unsubscribe.target_group, priority=10)

        watched = [self.front, self.blog, self.unsubscribe]
        self.tell(alarm_topic, (alarm for construct in watched for alarm in construct.alarms(config.alarms)))
        self.output(
            LoadBalancer=self.front.balancer.load_balancer_dns_name,
            UnsubscribeFunction=self.unsubscribe.function.function.function_name,
            BlogFunction=self.blog.application.function.function_name,
            CdnLogBucket=self.edge_logs.bucket.bucket_name,
            RedisConsoleFunction=self.console.function.function.function_name,
        )
