"""The access log: standard logging v2, as its delivery says."""

import io
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest

from local.cloud import Cloud
from local.edge.access_log import object_folder
from tests.local.edge.site import Site

ARN = "arn:aws:cloudfront::123456789012:distribution/E1"
MOMENT = datetime(2026, 9, 3, 7, tzinfo=UTC)
FIELDS = [
    *("timestamp(ms)", "date", "time", "x-edge-location", "cs-method", "cs(Host)", "cs-uri-stem", "cs-uri-query"),
    *("sc-status", "cs(User-Agent)", "x-edge-result-type", "cs-protocol", "cache-behavior-path-pattern", "fle-status"),
]


@pytest.fixture
def bucket(cloud: Cloud, cloudfront: Any, site: Site) -> Iterator[str]:
    """A bucket to which the site's log is delivered."""
    name = f"log-{uuid4().hex[:8]}"
    cloud.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    logs = cloud.client("logs", "us-east-1")
    arn = cloudfront.get_distribution(Id=site.id)["Distribution"]["ARN"]
    logs.put_delivery_source(name=name, resourceArn=arn, logType="ACCESS_LOGS")
    destination = logs.put_delivery_destination(
        name=name,
        outputFormat="parquet",
        deliveryDestinationConfiguration={"destinationResourceArn": f"arn:aws:s3:::{name}"},
    )["deliveryDestination"]["arn"]
    cloud.edge.flush_log()  # of what others have asked
    delivery = logs.create_delivery(
        deliverySourceName=name,
        deliveryDestinationArn=destination,
        recordFields=FIELDS,
        s3DeliveryConfiguration={
            "suffixPath": "{DistributionId}/{yyyy}/{MM}/{dd}/{HH}",
            "enableHiveCompatiblePath": True,
        },
    )["delivery"]["id"]
    yield name
    logs.delete_delivery(id=delivery)
    logs.delete_delivery_source(name=name)
    logs.delete_delivery_destination(name=name)


@pytest.fixture
def read(cloud: Cloud, bucket: str, tmp_path: Path) -> Any:
    """Deliver the log and return its rows, with the columns' names and types."""

    def read() -> tuple[list[dict[str, str]], dict[str, str]]:
        rows: list[dict[str, str]] = []
        types: dict[str, str] = {}
        for key in cloud.edge.flush_log():
            content = io.BytesIO()
            cloud.client("s3").download_fileobj(bucket, key, content)
            file = tmp_path / "log.parquet"
            file.write_bytes(content.getvalue())
            found = duckdb.read_parquet(str(file))
            types = dict(zip(found.columns, map(str, found.types), strict=True))
            rows += [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
        return rows, types

    return read


def test_a_row_tells_of_each_request_in_strings_and_the_fields_that_the_delivery_names(site: Site, read: Any) -> None:
    path = site.told()
    for location in ("NRT57-P1", "CDG50-P1", "CDG50-P1"):
        site.get(f"{path}?page=1", {"x-edge-location": location, "user-agent": "curl 8"})
    rows, types = read()
    assert list(types) == [
        *("timestamp_ms", "date", "time", "x_edge_location", "cs_method", "cs_host", "cs_uri_stem", "cs_uri_query"),
        *("sc_status", "cs_user_agent", "x_edge_result_type", "cs_protocol", "cache_behavior_path_pattern"),
        "fle_status",
    ]
    assert set(types.values()) == {"VARCHAR"}
    told = [(row["x_edge_location"], row["x_edge_result_type"]) for row in rows]
    assert told == [("NRT57-P1", "Miss"), ("CDG50-P1", "Miss"), ("CDG50-P1", "Hit")]
    last = rows[-1]
    moment = datetime.fromisoformat(f"{last['date']}T{last['time']}+00:00")
    assert int(last["timestamp_ms"]) // 1000 == int(moment.timestamp())
    expected = {
        "x_edge_location": "CDG50-P1",
        "cs_method": "GET",
        "cs_host": site.domain,
        "cs_uri_stem": path,
        "cs_uri_query": "page=1",
        "sc_status": "200",
        "cs_user_agent": "curl%208",
        "x_edge_result_type": "Hit",
        "cs_protocol": "http",
        "cache_behavior_path_pattern": "*",
        "fle_status": "-",
    }
    assert {name: last[name] for name in expected} == expected


def test_errors_redirects_and_what_was_found_unchanged_are_told_so(site: Site, read: Any) -> None:
    missing, moved = site.told(status=404), site.told("/secure")
    unchanged = site.told(cache_control="max-age=60", etag='"one"')
    site.get(missing)
    site.get(moved)
    site.get(unchanged)
    site.later(61)
    site.get(unchanged)
    rows, _ = read()
    assert [(row["sc_status"], row["x_edge_result_type"], row["cache_behavior_path_pattern"]) for row in rows] == [
        ("404", "Error", "*"),
        ("301", "Redirect", "/secure/*"),
        ("200", "Miss", "*"),
        ("200", "RefreshHit", "*"),
    ]


def test_each_hour_has_its_file_in_a_folder_for_hive(site: Site, cloud: Cloud, bucket: str) -> None:
    path = site.told()
    site.get(path)
    site.later(3600)
    site.get(path)
    keys = cloud.edge.flush_log()
    assert len(keys) == 2
    day = r"year=\d{4}/month=\d\d/day=\d\d/hour=\d\d"
    folder = rf"AWSLogs/aws-account-id=000000000000/CloudFront/DistributionId={site.id}/{day}"
    name = rf"{site.id}\.\d{{4}}-\d\d-\d\d-\d\d\.[0-9a-f]{{8}}\.parquet"
    assert all(re.fullmatch(f"{folder}/{name}", key) for key in keys)
    listed = cloud.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert sorted(each["Key"] for each in listed) == sorted(keys)


def test_nothing_is_delivered_twice(site: Site, cloud: Cloud, bucket: str) -> None:
    assert bucket
    site.get(site.told())
    assert [len(cloud.edge.flush_log()) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize(
    ("prefix", "suffix", "hive", "folder"),
    [
        ("", "", False, "AWSLogs/123456789012/CloudFront/"),
        ("", "folder/{yyyy}", False, "AWSLogs/123456789012/CloudFront/folder/2026/"),
        ("", "folder/{yyyy}", True, "AWSLogs/aws-account-id=123456789012/CloudFront/folder/year=2026/"),
        ("", "/{accountid}", True, "AWSLogs/aws-account-id=123456789012/CloudFront/accountid=123456789012/"),
        ("logs", "", False, "logs/"),
        ("logs", "{distributionid}/{MM}/{dd}/{HH}", True, "logs/distributionid=E1/month=09/day=03/hour=07/"),
    ],
)
def test_a_key_begins_as_the_table_of_example_paths_says(prefix: str, suffix: str, hive: bool, folder: str) -> None:
    settings = {"suffixPath": suffix, "enableHiveCompatiblePath": hive}
    assert object_folder(arn=ARN, moment=MOMENT, prefix=prefix, settings=settings) == folder


def test_on_another_day_the_caches_are_empty_and_the_log_is_of_that_day(site: Site, cloud: Cloud, read: Any) -> None:
    path = site.told()
    site.get(path)
    try:
        cloud.edge.set_time(datetime(2026, 3, 4, 5, 6, tzinfo=UTC).timestamp())
        site.get(path)
    finally:
        cloud.edge.set_time(time.time())
    site.get(path)
    rows, _ = read()
    assert sorted(row["date"] == "2026-03-04" for row in rows) == [False, False, True]
    assert [row["x_edge_result_type"] for row in rows] == ["Miss"] * 3
