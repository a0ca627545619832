"""Where the logs of a distribution go is what the template says."""

from typing import Any

import pytest

from local.cloud import Cloud
from tests.cloud_parts import delete_stack, put_stack
from tests.local.edge_templates import EDGE, Json, attribute, outputs, resource

SITE = "arn:aws:cloudfront::000000000000:distribution/EDFDVBD6EXAMPLE"


def _delivery(name: str, *, destination: str = "Destination", **configuration: Any) -> Json:
    """A delivery from one source to one of two destinations."""
    delivery = resource(
        "Logs::Delivery",
        DeliverySourceName={"Ref": "Source"},
        DeliveryDestinationArn=attribute(destination, "Arn"),
        **configuration,
    )
    destinations = {
        each: resource(
            "Logs::DeliveryDestination",
            Name=f"{name}-{each.lower()}",
            DestinationResourceArn=f"arn:aws:s3:::{each.lower()}/cdn",
            OutputFormat="parquet",
        )
        for each in ("Destination", "Another")
    }
    source = resource("Logs::DeliverySource", Name=name, ResourceArn=SITE, LogType="ACCESS_LOGS")
    return {
        "Resources": {"Source": source, "Delivery": delivery, **destinations},
        "Outputs": outputs(
            Id={"Ref": "Delivery"},
            Type=attribute("Delivery", "DeliveryDestinationType"),
            Destination=attribute(destination, "Arn"),
            Service=attribute("Source", "Service"),
        ),
    }


def _found(cloud: Cloud, delivery: str) -> Json:
    return cloud.client("logs", EDGE).get_delivery(id=delivery)["delivery"]


def test_a_delivery_leads_from_the_distribution_to_the_bucket_in_its_format(cloud: Cloud, name: str) -> None:
    template = _delivery(
        name, RecordFields=["date", "cs(Host)"], S3SuffixPath="{yyyy}/{MM}", S3EnableHiveCompatiblePath=True
    )
    made = put_stack(cloud, "create", name, template, region=EDGE)
    assert (made["Type"], made["Service"]) == ("S3", "cloudfront")
    found = _found(cloud, made["Id"])
    assert (found["deliverySourceName"], found["deliveryDestinationArn"]) == (name, made["Destination"])
    assert found["recordFields"] == ["date", "cs(Host)"]
    assert found["s3DeliveryConfiguration"] == {"suffixPath": "{yyyy}/{MM}", "enableHiveCompatiblePath": True}
    logs = cloud.client("logs", EDGE)
    source = logs.get_delivery_source(name=name)["deliverySource"]
    assert (source["resourceArns"], source["logType"]) == ([SITE], "ACCESS_LOGS")
    destination = logs.get_delivery_destination(name=f"{name}-destination")["deliveryDestination"]
    assert destination["outputFormat"] == "parquet"
    assert destination["deliveryDestinationConfiguration"] == {"destinationResourceArn": "arn:aws:s3:::destination/cdn"}


def test_a_delivery_changes_in_place_and_another_destination_is_another_delivery(cloud: Cloud, name: str) -> None:
    first = put_stack(cloud, "create", name, _delivery(name, RecordFields=["date"]), region=EDGE)["Id"]
    changed = _delivery(name, RecordFields=["date", "time"], S3SuffixPath="{yyyy}")
    assert put_stack(cloud, "update", name, changed, region=EDGE)["Id"] == first
    found = _found(cloud, first)
    assert found["recordFields"] == ["date", "time"]
    assert found["s3DeliveryConfiguration"] == {"suffixPath": "{yyyy}", "enableHiveCompatiblePath": False}

    moved = _delivery(name, destination="Another", RecordFields=["date"])
    second = put_stack(cloud, "update", name, moved, region=EDGE)
    assert _found(cloud, second["Id"])["deliveryDestinationArn"] == second["Destination"]
    logs = cloud.client("logs", EDGE)
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        _found(cloud, first)


def test_a_deleted_stack_delivers_nothing(cloud: Cloud, name: str) -> None:
    made = put_stack(cloud, "create", name, _delivery(name), region=EDGE)["Id"]
    delete_stack(cloud, name, region=EDGE)
    logs = cloud.client("logs", EDGE)
    assert made not in {each["id"] for each in logs.describe_deliveries()["deliveries"]}
    assert name not in {each["name"] for each in logs.describe_delivery_sources()["deliverySources"]}
    destinations = logs.describe_delivery_destinations()["deliveryDestinations"]
    assert not [each for each in destinations if each["name"].startswith(name)]
