"""The blog's schema, brought up to date by each deploy that changes it."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks.config import StageConfig
from stacks.database import BLOG_ROLE, MASTER, Database
from stacks.network import NetworkStack
from stacks.python_function import Bundle, PythonFunction

PACKAGE = "blog_schema"
# CloudFormation would wait an hour for an answer; this is enough for a database that resumes, and long migrations.
ANSWER_WITHIN = Duration.minutes(5)
TIMEOUT = Duration.minutes(4)
DATABASE_PATIENCE = Duration.minutes(1)


class Migration(Construct):
    """A function that makes tables and roles as the database's master user, and the resource that has it run.

    It runs in the VPC, where CloudFormation cannot be reached: the answer goes to a bucket through the S3 endpoint.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, network: NetworkStack, database: Database
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = PythonFunction(
            self,
            "Function",
            description="brings the schema of the blog's database up to date",
            config=config.python,
            package=PACKAGE,
            shared=("data_access", "custom_resource"),
            handler=f"{PACKAGE}.handler.handle",
            environment={
                **database.environment(MASTER),
                "CA_FILE": config.web.ca_file,
                "DATABASE_PATIENCE_SECONDS": str(DATABASE_PATIENCE.to_seconds()),
            },
            timeout=TIMEOUT,
            memory_mib=256,
            vpc=network.vpc,
            subnets=network.web_subnets,
        )
        database.grant_connect(self.function.role, MASTER)
        self.function.connections.allow_to_default_port(database.connections)
        self.function.connections.allow_to(network.s3, ec2.Port.HTTPS, "the answer to CloudFormation")
        schema = CustomResource(
            self,
            "Schema",
            resource_type="Custom::BlogSchema",
            service_token=self.function.function.function_arn,
            service_timeout=ANSWER_WITHIN,
            properties={
                # Whatever the function would do otherwise than before, it is asked to do; twice does no harm.
                "Fingerprint": Bundle(PACKAGE, config=config.python).fingerprint(),
                "SamplePosts": str(config.web.sample_posts).lower(),
                "BlogRole": BLOG_ROLE,
            },
        )
        # Asked only once database, permissions and rules are there, and told of the end before any of them goes.
        schema.node.add_dependency(database, self.function)
