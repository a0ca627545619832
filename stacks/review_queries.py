"""Where queries about the edge run: a workgroup with bounds of its own, the queries, and a bucket for their results."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Aws, Stack
from aws_cdk import aws_athena as athena
from constructs import Construct

from stacks.config import StageConfig
from stacks.edge_log_table import EdgeLogTable
from stacks.findings import acknowledge
from stacks.private_bucket import private_bucket
from stacks.wheels import ROOT

QUERIES = ROOT / "lambda" / "ttl_review" / "queries"
RESULTS = "results/"
"""What the keys of results begin with."""
GIB = 2**30


class ReviewQueries(Construct):
    """An Athena workgroup that lets nobody choose another place, encryption or limit.

    Its saved queries are the review's own, as the files have them: in Athena's console they run as they are.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, table: EdgeLogTable) -> None:
        super().__init__(scope, construct_id)
        self.results = private_bucket(self, "Results", keep_days=config.review.result_days)
        acknowledge(
            self.results,
            "S1",
            reason="results are made of the edge's logs and go after some days; only the review and people of the "
            "account read them, and the workgroup's history tells who asked for what",
        )
        # CloudFormation makes no names for workgroups.
        self.workgroup_name = f"edgepost-{config.name}-review"
        workgroup = athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=self.workgroup_name,
            description="queries about the edge",
            # Whoever has saved queries of their own in it does not keep it from being deleted.
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=config.review.scan_limit_gib * GIB,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{self.results.bucket_name}/{RESULTS}",
                    expected_bucket_owner=Stack.of(self).account,
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_S3"
                    ),
                ),
            ),
        )
        for file in sorted(QUERIES.glob("*.sql")):
            text = file.read_text(encoding="utf-8")
            query = athena.CfnNamedQuery(
                self,
                f"Query {file.stem}",
                name=file.stem.replace("_", " "),
                description=description(text),
                database=table.database_name,
                query_string=text,
                work_group=workgroup.ref,
            )
            query.node.add_dependency(table.table)

    @property
    def workgroup_arn(self) -> str:
        """What a permission to run queries is given on."""
        stack = Stack.of(self)
        return f"arn:{Aws.PARTITION}:athena:{stack.region}:{stack.account}:workgroup/{self.workgroup_name}"


def description(query: str) -> str:
    """Return what a query says about itself, in the comment that it begins with."""
    lines: list[str] = []
    for line in query.splitlines():
        if not line.startswith("-- "):
            break
        lines.append(line.removeprefix("-- "))
    return " ".join(lines)
