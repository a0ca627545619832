"""The console: a function by which people give commands to Redis, which nothing outside the VPC reaches."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Duration
from constructs import Construct

from stacks.cache import RedisCache
from stacks.config import StageConfig
from stacks.network import NetworkStack
from stacks.python_function import PythonFunction


class RedisConsole(Construct):
    """A function that runs one Redis command for whoever may invoke it, as a Redis user of its own."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, network: NetworkStack, redis: RedisCache
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = PythonFunction(
            self,
            "Function",
            description="runs Redis commands for people",
            config=config.python,
            package="redis_console",
            shared=("data_access",),
            handler="redis_console.handler.handle",
            environment={
                **redis.environment("REDIS", user="console"),
                "CA_FILE": config.web.ca_file,
                # People wait longer than pages do: `keys *` looks at every key.
                "CACHE_TIMEOUT_MS": "5000",
                "CACHE_CONNECT_TIMEOUT_MS": "2000",
            },
            timeout=Duration.seconds(15),
            memory_mib=256,
            vpc=network.vpc,
            subnets=network.web_subnets,
        )
        self.function.connections.allow_to_default_port(redis.connections)
        redis.grant_connect(self.function.role, user="console")
