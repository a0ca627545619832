"""The Web stack: what CloudFront asks for pages."""

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


class WebStack(StageStack):
    """Load balancer, the blog behind it, the console to the blog's Redis, and the bucket of CloudFront's logs."""

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
        self.front.serve(self.blog.target_group)

        watched = [self.front, self.blog]
        self.tell(alarm_topic, (alarm for construct in watched for alarm in construct.alarms(config.alarms)))
        self.output(
            LoadBalancer=self.front.balancer.load_balancer_dns_name,
            BlogFunction=self.blog.application.function.function_name,
            CdnLogBucket=self.edge_logs.bucket.bucket_name,
            RedisConsoleFunction=self.console.function.function.function_name,
        )
