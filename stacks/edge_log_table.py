"""CloudFront's access logs as a table: Glue's catalogue of what lies in the bucket, which Athena reads."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

import re

from aws_cdk import Aws, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.edge_logs import FIELDS, FOLDER

TABLE = "edge_logs"
"""As the queries in lambda/ttl_review/queries call it."""
HADOOP = "org.apache.hadoop.hive.ql.io.parquet"
KEYS = {"distributionid": "string", "year": "int", "month": "int", "day": "int", "hour": "int"}
"""The folders that a key is made of, in order, with their types."""
# Standard logging has written Parquet since November 2024; whoever asks for no year has all of these looked through.
RANGES = {"year": "2024,2050", "month": "1,12", "day": "1,31", "hour": "0,23"}
DIGITS = {"month": "2", "day": "2", "hour": "2"}


class EdgeLogTable(Construct):
    """A database with one table, whose partitions Athena works out itself: no crawler finds them, nothing adds them.

    "Use partition projection with Amazon Athena" and "Create a table for CloudFront logs in Athena using partition
    projection", Amazon Athena user guide.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, bucket: s3.IBucket, distribution_id: str
    ) -> None:
        super().__init__(scope, construct_id)
        account = Stack.of(self).account
        # Athena takes letters, digits and underscores unquoted ("Name databases, tables, and columns"), which a name
        # of CloudFormation's making has not alone.
        self.database_name = f"edgepost_{config.name}"
        self._bucket = bucket
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database_name, description=f"what Edgepost {config.name} writes down about its own work"
            ),
        )
        self.table = glue.CfnTable(
            self,
            "Table",
            catalog_id=account,
            database_name=database.ref,
            table_input=glue.CfnTable.TableInputProperty(
                name=TABLE,
                description="requests to CloudFront, of the fields of its standard logging",
                table_type="EXTERNAL_TABLE",
                partition_keys=[_column(name, kind) for name, kind in KEYS.items()],
                parameters={"EXTERNAL": "TRUE", "classification": "parquet", **self._projection(distribution_id)},
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=f"s3://{bucket.bucket_name}/{FOLDER}/",
                    columns=[_column(column(field), "string") for field in FIELDS],
                    input_format=f"{HADOOP}.MapredParquetInputFormat",
                    output_format=f"{HADOOP}.MapredParquetOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=f"{HADOOP}.serde.ParquetHiveSerDe",
                        parameters={"serialization.format": "1"},
                    ),
                ),
            ),
        )

    @property
    def arns(self) -> list[str]:
        """The catalogue, the database and the table: Glue asks for what is above a table too."""
        stack = Stack.of(self)
        resources = ("catalog", f"database/{self.database_name}", f"table/{self.database_name}/{TABLE}")
        return [f"arn:{Aws.PARTITION}:glue:{stack.region}:{stack.account}:{resource}" for resource in resources]

    def _projection(self, distribution_id: str) -> dict[str, str]:
        folders = "/".join(f"{key}=${{{key}}}" for key in KEYS)
        return {
            "projection.enabled": "true",
            "projection.distributionid.type": "enum",
            "projection.distributionid.values": distribution_id,
            **{f"projection.{key}.type": "integer" for key in RANGES},
            **{f"projection.{key}.range": values for key, values in RANGES.items()},
            **{f"projection.{key}.digits": digits for key, digits in DIGITS.items()},
            "storage.location.template": f"s3://{self._bucket.bucket_name}/{FOLDER}/{folders}/",
        }


def column(field: str) -> str:
    """Return the column of a field, as `cs(User-Agent)` is `cs_user_agent`."""
    return re.sub(r"[^a-z0-9]+", "_", field.lower()).strip("_")


def _column(name: str, kind: str) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type=kind)
