from datetime import UTC, datetime
from typing import Any

from local.edge.access_log import column as column_in_the_log
from local.edge.access_log import object_folder
from stacks.edge_log_table import column
from stacks.edge_logs import FIELDS
from tests.stacks.synthesis import Synthesized, Template, refers_to, text


def table(review: Template) -> dict[str, Any]:
    return review.one("Glue::Table")["TableInput"]


def projection(review: Template) -> dict[str, Any]:
    found = table(review)["Parameters"]
    return {key.removeprefix("projection."): value for key, value in found.items() if key.startswith("projection.")}


def test_the_table_has_every_field_that_is_logged_as_a_string_named_as_in_the_files(review: Template) -> None:
    columns = table(review)["StorageDescriptor"]["Columns"]
    assert [each["Name"] for each in columns] == [column_in_the_log(field) for field in FIELDS]
    assert {each["Type"] for each in columns} == {"string"}
    assert {"cs_user_agent", "timestamp_ms", "cache_behavior_path_pattern"} <= {each["Name"] for each in columns}
    assert column("cs(User-Agent)") == "cs_user_agent"


def test_the_table_is_parquet_under_the_folder_that_logs_are_delivered_to(
    synthesized: Synthesized, review: Template, web: Template, edge: Template
) -> None:
    found = table(review)
    storage = found["StorageDescriptor"]
    assert (found["Name"], found["TableType"], found["Parameters"]["classification"]) == (
        *("edge_logs", "EXTERNAL_TABLE"),
        "parquet",
    )
    assert storage["SerdeInfo"]["SerializationLibrary"].endswith("parquet.serde.ParquetHiveSerDe")
    assert storage["InputFormat"].endswith("parquet.MapredParquetInputFormat")
    assert synthesized.origins("Review", storage["Location"]) == {f"Web/{web.named('EdgeLogsBucket', 'S3::Bucket')}"}
    delivered = edge.one("Logs::DeliveryDestination")["DestinationResourceArn"]
    assert text(storage["Location"]).rpartition(">")[2] == text(delivered).rpartition(">")[2] + "/" == "/cdn/"


def test_partitions_are_the_folders_that_logs_are_delivered_to(review: Template, edge: Template) -> None:
    delivery = edge.one("Logs::Delivery")
    found = table(review)
    assert {each["Name"]: each["Type"] for each in found["PartitionKeys"]} == {
        "distributionid": "string",
        "year": "int",
        "month": "int",
        "day": "int",
        "hour": "int",
    }
    template = text(found["Parameters"]["storage.location.template"])
    assert template.startswith(text(found["StorageDescriptor"]["Location"]))
    filled = template.rpartition(">")[2].lstrip("/")
    values = {"distributionid": "E1", "year": "2026", "month": "02", "day": "03", "hour": "04"}
    for key, value in values.items():
        filled = filled.replace(f"${{{key}}}", value)
    settings = {
        "suffixPath": delivery["S3SuffixPath"],
        "enableHiveCompatiblePath": delivery["S3EnableHiveCompatiblePath"],
    }
    moment = datetime(2026, 2, 3, 4, tzinfo=UTC)
    arn = "arn:aws:cloudfront::000000000000:distribution/E1"
    assert filled == object_folder(arn=arn, moment=moment, prefix="cdn", settings=settings)


def test_every_partition_is_projected_so_that_none_is_looked_up(review: Template) -> None:
    found = projection(review)
    of_the_distribution = found.pop("distributionid.values")
    assert refers_to(of_the_distribution) == set()
    assert found == {
        "enabled": "true",
        "distributionid.type": "enum",
        "year.type": "integer",
        "year.range": "2024,2050",
        "month.type": "integer",
        "month.range": "1,12",
        "month.digits": "2",
        "day.type": "integer",
        "day.range": "1,31",
        "day.digits": "2",
        "hour.type": "integer",
        "hour.range": "0,23",
        "hour.digits": "2",
    }


def test_names_need_no_quotes_in_a_query(review: Template, stage: str) -> None:
    assert review.one("Glue::Database")["DatabaseInput"]["Name"] == f"edgepost_{stage}"
