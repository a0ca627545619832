"""A table of logs in a bucket, a workgroup, and what runs queries in it."""

import time
from typing import Any
from uuid import uuid4

from local.cloud import REGION, Cloud
from local.edge.access_log import parquet
from tests.local.edge_templates import Json, outputs, resource
from ttl_review.athena import AthenaEngine

ACCOUNT = "000000000000"
KEYS = {"distributionid": "string", "year": "int", "month": "int"}
PROJECTION = {
    "projection.enabled": "true",
    "projection.distributionid.type": "enum",
    "projection.distributionid.values": "E1,E2",
    "projection.year.type": "integer",
    "projection.year.range": "2025,2030",
    "projection.month.type": "integer",
    "projection.month.range": "1,12",
    "projection.month.digits": "2",
}


def bucket_of(name: str) -> str:
    return f"{name}-logs"


def template(
    name: str,
    *,
    queries: dict[str, str] | None = None,
    limit: int = 2**30,
    parameters: dict[str, str] | None = None,
    projected: dict[str, str] | None = None,
) -> Json:
    """A table of logs, a workgroup, and saved queries."""
    location = f"s3://{bucket_of(name)}/cdn/"
    storage = {
        "Location": location,
        "Columns": [{"Name": each, "Type": "string"} for each in ("path", "status")],
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    }
    folders = "/".join(f"{key}=${{{key}}}" for key in KEYS)
    table: Json = {
        "Name": "edge_logs",
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in KEYS.items()],
        "Parameters": (PROJECTION if projected is None else projected)
        | {"storage.location.template": f"{location}{folders}/"}
        | (parameters or {}),
        "StorageDescriptor": storage,
    }
    results = {
        "OutputLocation": f"s3://{bucket_of(name)}/results/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }
    settings = {
        "EnforceWorkGroupConfiguration": True,
        "BytesScannedCutoffPerQuery": limit,
        "ResultConfiguration": results,
    }
    saved = {
        query: resource("Athena::NamedQuery", Database={"Ref": "Database"}, WorkGroup={"Ref": "Group"}, **given)
        for query, given in ((query, {"Name": query, "QueryString": text}) for query, text in (queries or {}).items())
    }
    return {
        "Resources": {
            "Database": resource("Glue::Database", CatalogId=ACCOUNT, DatabaseInput={"Name": database_of(name)}),
            "Table": resource("Glue::Table", CatalogId=ACCOUNT, DatabaseName={"Ref": "Database"}, TableInput=table),
            "Group": resource("Athena::WorkGroup", Name=name, WorkGroupConfiguration=settings),
            **saved,
        },
        "Outputs": outputs(**{query: {"Ref": query} for query in saved}, Database={"Ref": "Database"}),
    }


def database_of(name: str) -> str:
    return name.replace("-", "_")


class Logs:
    """A stack with logs in a bucket, and what runs queries on them."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.cloud, self.name = cloud, name
        self.bucket = bucket_of(name)
        self.s3, self.athena = cloud.client("s3"), cloud.client("athena")
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(self, folders: str, *paths: str) -> int:
        """Put a file of the log below `cdn/`, and return its size."""
        body = parquet([{"path": path, "status": "200"} for path in paths], ["path", "status"])
        self.s3.put_object(Bucket=self.bucket, Key=f"cdn/{folders}/{uuid4().hex}.parquet", Body=body)
        return len(body)

    def run(self, sql: str, athena: Any = None, **more: Any) -> Json:
        """Run a query to its end, and return what Athena says of it."""
        client = athena or self.athena
        where = {"WorkGroup": self.name, "QueryExecutionContext": {"Database": database_of(self.name)}}
        started = client.start_query_execution(QueryString=sql, **(where | more))["QueryExecutionId"]
        deadline = time.monotonic() + 30
        while True:
            found = self.athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
            if found["Status"]["State"] not in {"QUEUED", "RUNNING"}:
                return found
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def written(self, execution: Json) -> str:
        """The file with the results of a query."""
        place = execution["ResultConfiguration"]["OutputLocation"].removeprefix(f"s3://{self.bucket}/")
        return self.s3.get_object(Bucket=self.bucket, Key=place)["Body"].read().decode()

    @property
    def engine(self) -> AthenaEngine:
        """What the review asks Athena with."""
        return AthenaEngine(athena=self.athena, s3=self.s3, workgroup=self.name, database=database_of(self.name))
