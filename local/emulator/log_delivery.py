"""Log delivery in CloudFormation: source, destination and delivery; nothing is delivered here."""

from typing import Any

from local.emulator import ministack, ministack_edge
from local.emulator.cloudformation import Made
from local.emulator.ministack import Json


def install() -> None:
    """Add the types; what the API of CloudWatch Logs refuses fails the deploy."""
    ministack.add_resource_type("AWS::Logs::DeliverySource", create=_put_source, delete=_delete_source)
    ministack.add_resource_type("AWS::Logs::DeliveryDestination", create=_put_destination, delete=_delete_destination)
    ministack.add_resource_type("AWS::Logs::Delivery", create=_create, update=_update, delete=_delete)


def _put_source(_logical_id: str, properties: Json, _stack_name: str) -> Made:
    source = ministack_edge.put_delivery_source(
        name=properties["Name"],
        resourceArn=properties["ResourceArn"],
        logType=properties["LogType"],
        tags=_tags(properties),
    )
    return source["name"], {"Arn": source["arn"], "ResourceArns": source["resourceArns"], "Service": source["service"]}


def _delete_source(name: str, _properties: Json) -> None:
    ministack_edge.delete_delivery_source(name)


def _put_destination(_logical_id: str, properties: Json, _stack_name: str) -> Made:
    destination = ministack_edge.put_delivery_destination(
        name=properties["Name"],
        deliveryDestinationConfiguration={"destinationResourceArn": properties["DestinationResourceArn"]},
        outputFormat=properties.get("OutputFormat", "json"),
        tags=_tags(properties),
    )
    return destination["name"], {"Arn": destination["arn"]}


def _delete_destination(name: str, _properties: Json) -> None:
    ministack_edge.delete_delivery_destination(name)


def _create(_logical_id: str, properties: Json, _stack_name: str) -> Made:
    return _made(
        ministack_edge.create_delivery(
            deliverySourceName=properties["DeliverySourceName"],
            deliveryDestinationArn=properties["DeliveryDestinationArn"],
            tags=_tags(properties),
            **_configuration(properties),
        )
    )


def _update(delivery: str, old: Json, new: Json, stack_name: str) -> Made:
    """Change a delivery, or make another between another source and destination, after which this one is deleted."""
    if any(old[name] != new[name] for name in ("DeliverySourceName", "DeliveryDestinationArn")):
        return _create("", new, stack_name)
    return _made(ministack_edge.change_delivery(delivery, **_configuration(new)))


def _delete(delivery: str, _properties: Json) -> None:
    ministack_edge.delete_delivery(delivery)


def _made(delivery: Json) -> Made:
    attributes = {"Arn": delivery["arn"], "DeliveryId": delivery["id"]}
    return delivery["id"], attributes | {"DeliveryDestinationType": delivery["deliveryDestinationType"]}


def _configuration(properties: Json) -> dict[str, Any]:
    """What UpdateDeliveryConfiguration may change."""
    # A template may hold booleans as text.
    hive = str(properties.get("S3EnableHiveCompatiblePath", False)).lower() == "true"
    return {
        "recordFields": properties.get("RecordFields", []),
        "fieldDelimiter": properties.get("FieldDelimiter", ""),
        "s3DeliveryConfiguration": {
            "suffixPath": properties.get("S3SuffixPath", ""),
            "enableHiveCompatiblePath": hive,
        },
    }


def _tags(properties: Json) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
