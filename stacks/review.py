"""The Review stack: what looks at the others."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import CfnParameter, CrossStackReferences, ReferenceStrength
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.budget import MonthlyBudget
from stacks.config import StageConfig
from stacks.config_edge import EDGE_REGION
from stacks.dashboard import Dashboard, Watched, alarms_by_stack
from stacks.data import DataStack
from stacks.edge import EdgeStack
from stacks.edge_log_table import TABLE, EdgeLogTable
from stacks.mail import MailStack
from stacks.review_queries import ReviewQueries
from stacks.stage_stack import StageStack
from stacks.ttl_review import Reviewed, TtlReview
from stacks.web import WebStack


class ReviewStack(StageStack):
    """The edge's logs as a table, the workgroup that queries it, the TTL review, the dashboard, and the budget."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        mail: MailStack,
        data: DataStack,
        web: WebStack,
        edge: EdgeStack,
        alarm_topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id, config=config, description="the review of TTLs, the dashboard")
        if config.region != EDGE_REGION:
            # As in the Edge stack, which it reads from here; what is at home stays a strong reference.
            CrossStackReferences.of(edge.site.distribution).produce(ReferenceStrength.WEAK)
        revision = CfnParameter(
            self,
            "Revision",
            default="none",
            description="stands for what this stack reads elsewhere; another one makes CloudFormation read it again",
        )
        reviewed = Reviewed(
            logs=web.edge_logs.bucket,
            distribution=edge.site.distribution,
            queue=mail.standard,
            attachments=mail.store.attachments,
        )
        self.table = EdgeLogTable(
            self,
            "Logs",
            config=config,
            bucket=reviewed.logs,
            distribution_id=reviewed.distribution.distribution_id,
        )
        self.queries = ReviewQueries(self, "Queries", config=config, table=self.table)
        self.review = TtlReview(
            self,
            "Review",
            config=config,
            revision=revision.value_as_string,
            reviewed=reviewed,
            table=self.table,
            queries=self.queries,
        )
        self.tell(alarm_topic, self.review.alarms(config.alarms))
        if config.operation.dashboard:
            self._show(config, Watched(data=data, mail=mail, web=web, edge=edge))
        if config.operation.monthly_budget_usd:
            MonthlyBudget(self, "Budget", usd=config.operation.monthly_budget_usd, emails=config.alarms.emails)
        self.output(
            ReviewFunction=self.review.function.function.function_name,
            ReviewWorkgroup=self.queries.workgroup_name,
            ReviewDatabase=self.table.database_name,
            ReviewTable=TABLE,
            ReviewResultsBucket=self.queries.results.bucket_name,
        )

    def _show(self, config: StageConfig, watched: Watched) -> None:
        alarms = alarms_by_stack(watched.edge, watched.web, watched.data, watched.mail, self)
        dashboard = Dashboard(self, "Dashboard", config=config, watched=watched, alarms=alarms)
        self.output(DashboardName=dashboard.name)
