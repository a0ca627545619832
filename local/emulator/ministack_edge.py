"""What is reached into of MiniStack 1.5.33 for the edge; `ministack` has what all share."""

# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast
from xml.etree import ElementTree as ET

from ministack.core.responses import get_account_id, json_response, request_scope
from ministack.services import cloudfront, cloudwatch_logs, waf
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

from local.emulator.ministack import Json, Response

# CloudFormation


def read_outputs_of_other_regions() -> None:
    """Let Fn::GetStackOutput read in the region that it names, which MiniStack leaves out."""
    resolve = engine._resolve_refs

    def resolved(value: Any, *context: Any) -> Any:  # noqa: ANN401 (any part of a template)
        asked = value.get("Fn::GetStackOutput") if isinstance(value, dict) else None
        if not isinstance(asked, dict) or "Region" not in asked:
            return resolve(value, *context)
        other = {name: each for name, each in asked.items() if name != "Region"}
        with request_scope(get_account_id(), resolved(asked["Region"], *context)):
            return resolve({"Fn::GetStackOutput": other}, *context)

    for module in (engine, changesets, handlers, stacks):
        setattr(module, "_resolve_refs", resolved)  # noqa: B010 (modules have no types)


def wrap_generated_secrets(correct: Callable[[Json], Json]) -> None:
    """Correct what a secret's GenerateSecretString asks for before MiniStack looks at it."""
    generate = provisioners._sm_secret_string

    def generated(properties: Json) -> str:
        asked = properties.get("GenerateSecretString")
        return str(generate(properties | {"GenerateSecretString": asked and correct(asked)}))

    provisioners._sm_secret_string = generated


# CloudFront


def wrap_distribution_config(complete: Callable[[Json], Json]) -> None:
    """Complete the DistributionConfig of a template before MiniStack keeps it."""
    keep = cloudfront._distribution_config_xml

    def completed(config: Json) -> ET.Element:
        return keep(complete(config))

    cloudfront._distribution_config_xml = completed


def create_vpc_origin(endpoint: Json, tags: list[Json]) -> str:
    """Create a VPC origin as CreateVpcOrigin does, from the properties of a template, and return its id."""
    request = {"VpcOriginEndpointConfig": endpoint, "Tags": {"Items": tags}}
    answer = _xml(cloudfront._create_vpc_origin(_request("CreateVpcOriginRequest", request)))
    return answer.findtext("{*}Id") or ""


def update_vpc_origin(vpc_origin: str, endpoint: Json) -> None:
    """Change a VPC origin as UpdateVpcOrigin does, which refuses that as long as a distribution uses it."""
    body = _request("VpcOriginEndpointConfig", endpoint)
    _xml(cloudfront._update_vpc_origin(vpc_origin, _present_version(vpc_origin), body))


def delete_vpc_origin(vpc_origin: str) -> None:
    """Delete a VPC origin, unless it is gone; one that a distribution uses is refused."""
    if vpc_origin in cloudfront._vpc_origins:
        _xml(cloudfront._delete_vpc_origin(vpc_origin, _present_version(vpc_origin)))


def vpc_origin(vpc_origin: str) -> Json:
    """Return a VPC origin as CloudFront stores it."""
    return cloudfront._vpc_origins[vpc_origin]


def _present_version(vpc_origin: str) -> dict[str, str]:
    return {"if-match": cloudfront._vpc_origin_etag(cloudfront._vpc_origins[vpc_origin]["Version"])}


def _request(shape: str, value: Json) -> bytes:
    """Write what a template says as the XML that the API takes."""
    cloudfront._CFN_DISTRIBUTION_CONFIG_RENAMES["VpcOriginEndpointConfig", "OriginSSLProtocols"] = "OriginSslProtocols"
    root = ET.Element(shape)
    cloudfront._render_config_member(root, cloudfront._api_shape(shape), value)
    return ET.tostring(root)


# Log delivery


def put_delivery_source(**request: Any) -> Json:  # noqa: ANN401 (the members of PutDeliverySource)
    """Create or change what logs are delivered from."""
    return _json(cloudwatch_logs._put_delivery_source(request))["deliverySource"]


def put_delivery_destination(**request: Any) -> Json:  # noqa: ANN401 (the members of PutDeliveryDestination)
    """Create or change where logs are delivered to."""
    return _json(cloudwatch_logs._put_delivery_destination(request))["deliveryDestination"]


def create_delivery(**request: Any) -> Json:  # noqa: ANN401 (the members of CreateDelivery)
    """Create a delivery between a source and a destination."""
    return _json(cloudwatch_logs._create_delivery(request))["delivery"]


def change_delivery(delivery: str, **configuration: Any) -> Json:  # noqa: ANN401 (those of UpdateDeliveryConfiguration)
    """Change what a delivery writes and under which keys."""
    record = cloudwatch_logs._deliveries[delivery]
    record |= configuration
    return record


def delete_delivery_source(name: str) -> None:
    """Delete a source, unless it is gone."""
    cloudwatch_logs._delivery_sources.pop(name, None)


def delete_delivery_destination(name: str) -> None:
    """Delete a destination, unless it is gone."""
    cloudwatch_logs._delivery_destinations.pop(name, None)


def delete_delivery(delivery: str) -> None:
    """Delete a delivery, unless it is gone."""
    cloudwatch_logs._deliveries.pop(delivery, None)


# Web ACLs


def add_web_acl_action(name: str, answer: Callable[[Json], Json | None]) -> None:
    """Answer an action that MiniStack's WAF does not know; None is an item that does not exist."""
    others = waf.handle_request

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Json) -> Response:
        if headers.get("x-amz-target", "").partition(".")[2] != name:
            return await others(method, path, headers, body, query)
        answered = answer(json.loads(body))
        missing = waf._waf_err("WAFNonexistentItemException", "AWS WAF couldn't find the requested item.")
        return missing if answered is None else json_response(answered)

    waf.handle_request = handle


def set_web_acl_rules(web_acl: str, rules: list[Json]) -> None:
    """Give a web ACL, named by name|id|scope as in a template, these rules in the words of its API."""
    _, web_acl_id, scope = web_acl.split("|")
    record = cast("Json", waf.web_acl_record(web_acl_id, scope))
    record["Rules"] = rules


def log_group_exists(name: str) -> bool:
    """Tell whether the region of the request in hand has a log group with this name."""
    return name in cloudwatch_logs._log_groups


def _xml(response: Response) -> ET.Element:
    """Return an answer of a service that speaks XML; a refusal fails the deploy with the service's own words."""
    status, _, body = response
    answer = ET.fromstring(body)  # noqa: S314 (MiniStack's own)
    if status >= HTTPStatus.BAD_REQUEST:
        raise ValueError(answer.findtext(".//{*}Message"))
    return answer


def _json(response: Response) -> Json:
    """Return an answer of a service that speaks JSON; a refusal fails the deploy with the service's own words."""
    status, _, body = response
    answer = json.loads(body)
    if status >= HTTPStatus.BAD_REQUEST:
        raise ValueError(answer["message"])
    return answer
