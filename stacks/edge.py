"""The Edge stack: what stands between readers and the load balancer, all of it in us-east-1."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import CfnParameter, CrossStackReferences, ReferenceStrength
from constructs import Construct

from stacks.alarms import alarm_topic
from stacks.config import StageConfig
from stacks.config_edge import EDGE_REGION
from stacks.distribution import SiteDistribution
from stacks.edge_logs import EdgeLogDelivery
from stacks.mail import MailStack
from stacks.origin import load_balancer_origin
from stacks.stage_stack import StageStack
from stacks.web import WebStack
from stacks.web_acl import WebAcl


class EdgeStack(StageStack):
    """CloudFront with its web ACL, logs, alarms and their topic."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, web: WebStack, mail: MailStack
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            config=config,
            description="CloudFront before the load balancer",
            region=EDGE_REGION,
        )
        if config.region != EDGE_REGION:
            # Exports do not reach another region: CloudFormation looks values up when it deploys this stack.
            CrossStackReferences.of(self).consume(ReferenceStrength.WEAK)
        revision = CfnParameter(
            self,
            "Revision",
            default="none",
            description="stands for what this stack reads elsewhere; another one makes CloudFormation read it again",
        )
        self.web_acl = WebAcl(self, "WebAcl", config=config)
        self.site = SiteDistribution(
            self,
            "Site",
            config=config,
            comment=f"Edgepost {config.name}, revision {revision.value_as_string}",
            origin=load_balancer_origin(self, config=config, front=web.front),
            web_acl_arn=self.web_acl.acl.attr_arn,
            zone=mail.domain.zone,
        )
        EdgeLogDelivery(self, "Logs", config=config, distribution=self.site.distribution, bucket=web.edge_logs)

        watched = [self.site, self.web_acl]
        self.tell(
            alarm_topic(self, config), (alarm for construct in watched for alarm in construct.alarms(config.alarms))
        )
        domain_name = self.site.distribution.distribution_domain_name
        self.output(
            DistributionId=self.site.distribution.distribution_id,
            DistributionDomain=domain_name,
            SiteUrl=config.web.url or f"https://{domain_name}",
        )
