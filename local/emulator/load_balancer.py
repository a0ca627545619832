"""Application load balancers: what a template says about them, and the requests they get.

A load balancer listens where the whole embedded cloud does, and is told from it by its name. That ends in
`.alb.localhost`, which curl and browsers take for loopback without asking: `curl http://<name>:<port>/` and the same
address in Chromium reach it. What does not (Python, Safari) asks 127.0.0.1:<port> with the name as Host header.
The port of a listener is not looked at, and an HTTPS listener is spoken to in plain HTTP.
"""

import logging
import re
from contextvars import ContextVar
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from local.emulator import cloudformation, lambda_target, ministack_web
from local.emulator.front import read_body
from local.emulator.lambda_target import SIZE_LIMIT, AnswerError, Request
from local.emulator.ministack import Application, Json, Response

DNS_SUFFIX = ".alb.localhost"
PRINCIPAL = "elasticloadbalancing.amazonaws.com"
VALID_NAME = re.compile("[-a-z0-9]+")
"""Of a header; "routing.http.drop_invalid_header_fields.enabled" removes others."""
OWN_HEADERS = ("x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id")
"""What the load balancer sets or extends, whatever the client says."""

NAMED = "x-local-load-balancer"
"""Names the load balancer where Host says something else, as the edge does it; no target gets this header."""

log = logging.getLogger("load_balancer")
_request: ContextVar[Request] = ContextVar("request")
"""The request in hand, of which MiniStack hands only a part to a target."""


def install() -> None:
    """Complete the types in CloudFormation, and answer for functions as targets."""
    cloudformation.after("AWS::ElasticLoadBalancingV2::LoadBalancer", _with_dns_name)
    cloudformation.after("AWS::ElasticLoadBalancingV2::TargetGroup", _with_targets)
    ministack_web.replace_lambda_target(_invoke)
    ministack_web.mark_end_of_logs()
    ministack_web.log_as_json()


def before(application: Application) -> Application:
    """Answer what is addressed to a load balancer, and pass everything else on to `application`."""

    async def front(scope: Json, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        headers = dict(scope.get("headers", []))
        name = headers.get(NAMED.encode(), headers.get(b"host", b"")).decode("latin-1")
        found = ministack_web.find_load_balancer(name) if scope["type"] == "http" else None
        if found is None:
            await application(scope, receive, send)
        else:
            await ministack_web.respond(scope, receive, send, await _answer(found, scope, receive))

    return front


def _with_dns_name(arn: str, _properties: Json, attributes: Json) -> Json:
    return attributes | {"DNSName": ministack_web.set_dns_name(arn, DNS_SUFFIX)}


def _with_targets(arn: str, properties: Json, attributes: Json) -> Json:
    """Register the template's targets, a function only if its policy admits the load balancer, as RegisterTargets."""
    targets: list[Json] = properties.get("Targets", [])
    if ministack_web.target_type(arn) == "lambda":
        for function in (target["Id"] for target in targets):
            if not ministack_web.may_invoke(function, principal=PRINCIPAL, source=arn):
                raise ValueError(f"{PRINCIPAL} does not have permission to invoke {function} from target group {arn}")
    ministack_web.set_targets(arn, targets)
    return attributes


async def _answer(load_balancer: Json, scope: Json, receive: Any) -> Response:  # noqa: ANN401 (ASGI)
    received = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = [(name, value) for name, value in received if name != NAMED]
    if ministack_web.drops_invalid_header_fields(load_balancer):
        headers = [(name, value) for name, value in headers if VALID_NAME.fullmatch(name)]
    request = Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=await read_body(receive),
    )
    _request.set(request)
    return await ministack_web.answer(
        load_balancer,
        method=request.method,
        path=scope["path"],
        headers=dict(headers),
        body=request.body,
        query_params=parse_qs(request.query, keep_blank_values=True),
        client_ip=scope["client"][0],
        raw_query_string=request.query,
        raw_path=request.path,
    )


async def _invoke(function: str, target_group: str, headers: dict[str, str]) -> Response:
    """Answer the request in hand by a function; `headers` are the request's as the load balancer has set them."""
    request = _request.get()
    if len(request.body) > SIZE_LIMIT:
        return lambda_target.error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    own = [(name, headers[name]) for name in OWN_HEADERS if name in headers]
    request = replace(request, headers=[each for each in request.headers if each[0] not in OWN_HEADERS] + own)
    try:
        return await _ask(function, target_group, request)
    except (AnswerError, LookupError) as reason:
        log.warning("%s %s: %s", request.method, request.path, reason)
        return lambda_target.error(HTTPStatus.BAD_GATEWAY)


async def _ask(function: str, target_group: str, request: Request) -> Response:
    if not ministack_web.may_invoke(function, principal=PRINCIPAL, source=target_group):
        raise AnswerError("LambdaAccessDenied")
    multi_value = ministack_web.has_multi_value_headers(target_group)
    event = lambda_target.event(request, target_group=target_group, multi_value=multi_value)
    result = await ministack_web.invoke(function, event)
    if result.get("throttle"):
        raise AnswerError("LambdaThrottling")
    if result.get("error"):
        raise AnswerError("LambdaUnhandled")
    return lambda_target.response(result["body"], multi_value=multi_value)
