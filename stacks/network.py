"""The Network stack: a VPC that nothing leaves but through endpoints."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.config import StageConfig
from stacks.config_network import MOST_ZONES
from stacks.retention import RETENTION
from stacks.stage_stack import StageStack
from stacks.zones import reached_by_cloudfront

# The tiers of subnets: functions and the load balancer in one, data stores in the other; a load balancer that the stage
# wants on the internet has one of its own.
WEB, DATA, PUBLIC = "Web", "Data", "Public"
# A sixteenth of the VPC for each subnet: three tiers in four zones take three quarters of it, the rest stays free.
SUBNET_BITS = 4


class NetworkStack(StageStack):
    """A VPC with isolated subnets in the zones of the stage, the endpoints that are used, and flow logs.

    CloudFront reaches the load balancer through a VPC origin, which wants an internet gateway attached to the VPC, and
    no route to it ("Restrict access with VPC origins", Amazon CloudFront developer guide). Only a load balancer on the
    internet has subnets with a route.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id, config=config, description="VPC, subnets, endpoints")
        self.vpc = self._vpc(config)
        self._attach_internet_gateway()
        self._place_subnets()
        tier = PUBLIC if self.vpc.public_subnets else WEB
        self._log_flows(days=config.network.flow_log_days)

        self.web_subnets = ec2.SubnetSelection(subnet_group_name=WEB)
        self.data_subnet_ids = self.vpc.select_subnets(subnet_group_name=DATA).subnet_ids
        self.balancer_subnets = ec2.SubnetSelection(
            subnet_group_name=tier, availability_zones=reached_by_cloudfront(config.network.zones)
        )
        self.s3 = ec2.Peer.prefix_list(config.network.s3_prefix_list)
        self._s3_endpoint(config.region)
        self._dynamodb_endpoint()
        self.sqs_endpoint = self._sqs_endpoint()
        self.output(VpcId=self.vpc.vpc_id)

    def _vpc(self, config: StageConfig) -> ec2.Vpc:
        zones = config.network.zones
        mask = config.network.addresses.prefixlen + SUBNET_BITS
        tiers = [
            ec2.SubnetConfiguration(name=tier, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=mask)
            for tier in (WEB, DATA)
        ]
        if config.edge.origin == "public":
            tiers.append(
                ec2.SubnetConfiguration(
                    name=PUBLIC,
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=mask,
                    map_public_ip_on_launch=False,
                )
            )
        return ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(config.network.cidr),
            availability_zones=[*zones],
            # Keeps addresses for zones to come, so that a new one moves no subnet that is there.
            reserved_azs=MOST_ZONES - len(zones),
            nat_gateways=0,
            create_internet_gateway=False,
            subnet_configuration=tiers,
        )

    def _attach_internet_gateway(self) -> None:
        # The library makes one only for public subnets.
        gateway = ec2.CfnInternetGateway(self, "InternetGateway")
        attachment = ec2.CfnVPCGatewayAttachment(
            self, "InternetGatewayAttachment", vpc_id=self.vpc.vpc_id, internet_gateway_id=gateway.ref
        )
        for subnet in self.vpc.public_subnets:
            cast("ec2.PublicSubnet", subnet).add_default_internet_route(gateway.ref, attachment)

    def _place_subnets(self) -> None:
        # The library takes what it was given for zone names; they are ids.
        for subnet in (*self.vpc.isolated_subnets, *self.vpc.public_subnets):
            placed = cast("ec2.CfnSubnet", subnet.node.default_child)
            placed.availability_zone_id = placed.availability_zone
            placed.availability_zone = None

    def _log_flows(self, *, days: int) -> None:
        log_group = logs.LogGroup(self, "Flows", retention=RETENTION[days])
        writer = iam.Role(
            self,
            "FlowsWriter",
            assumed_by=iam.ServicePrincipal(
                "vpc-flow-logs.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": self.account}}
            ),
        )
        log_group.grant(writer, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(log_group, writer.without_policy_updates()),
        )

    def _s3_endpoint(self, region: str) -> None:
        endpoint = self.vpc.add_gateway_endpoint(
            "S3", service=ec2.GatewayVpcEndpointAwsService.S3, subnets=[self.web_subnets]
        )
        # Where a custom resource puts its answer, says "Access CloudFormation using an interface endpoint": a bucket of
        # AWS's own, written to with an address that CloudFormation has signed. Nothing else in the VPC uses S3.
        answers = f"cloudformation-custom-resource-response-{region.replace('-', '')}"
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[f"arn:{Aws.PARTITION}:s3:::{answers}/*"],
            )
        )

    def _dynamodb_endpoint(self) -> None:
        endpoint = self.vpc.add_gateway_endpoint(
            "DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB, subnets=[self.web_subnets]
        )
        endpoint.add_to_policy(
            self._only_this_account(
                "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query"
            )
        )

    def _sqs_endpoint(self) -> ec2.InterfaceVpcEndpoint:
        """Define the endpoint; each caller brings the rule that lets it in."""
        endpoint = self.vpc.add_interface_endpoint(
            "Sqs",
            service=ec2.InterfaceVpcEndpointAwsService.SQS,
            subnets=self.web_subnets,
            private_dns_enabled=True,
            open=False,
            security_groups=[
                ec2.SecurityGroup(
                    self,
                    "SqsSecurityGroup",
                    vpc=self.vpc,
                    description="the endpoint of SQS in the VPC of Edgepost",
                    allow_all_outbound=False,
                )
            ],
        )
        endpoint.add_to_policy(self._only_this_account("sqs:SendMessage"))
        return endpoint

    def _only_this_account(self, *actions: str) -> iam.PolicyStatement:
        """Let the account's principals do what their own policies allow, on the account's resources and no others."""
        return iam.PolicyStatement(
            principals=[iam.AnyPrincipal()],
            actions=[*actions],
            resources=["*"],
            conditions={"StringEquals": {"aws:PrincipalAccount": self.account, "aws:ResourceAccount": self.account}},
        )
