"""All that is reached into of MiniStack 1.5.33, which has no types; everything else here goes through this module."""

# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import ministack.app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import dynamodb, eventbridge, ses, ses_v2, sns, sqs
from ministack.services.cloudformation import provisioners

Json = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]
"""A service: method, path, headers, body and query to status, headers and body."""

Application = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application: scope, receive, send."""

app: Application = ministack.app.app


def serve(application: Application) -> None:
    """Serve `application` in MiniStack's place until a signal ends it."""
    ministack.app.app = application
    ministack.app.main()


def account_id() -> str:
    """Return the account of the request in hand."""
    return get_account_id()


def region() -> str:
    """Return the region of the request in hand."""
    return get_region()


# IAM


def enforce_policies() -> None:
    """Check every request against the policies of its caller; the key `test` is root.

    Loopback counts as TLS, which policies demand and the emulator does not speak.
    """
    ministack.app.AUTH = True

    def pin_request_origin(source_ip: str, _secure_transport: object) -> None:
        iam_evaluator.pin_request_origin(source_ip, secure_transport=True)

    ministack.app.pin_request_origin = pin_request_origin


def wrap_iam_action(correct: Callable[[str | None, bytes], str | None]) -> None:
    """Correct which action a request is checked for; `correct` gets MiniStack's answer and the request's body."""
    find = iam_actions.extract_iam_action

    def corrected(*request: Any) -> str | None:  # noqa: ANN401 (service, method, path, headers, body, query)
        return correct(find(*request), request[4])

    iam_actions.extract_iam_action = corrected


def wrap_resource_arn(correct: Callable[[str, str, bytes], str]) -> None:
    """Correct what a request is checked on; `correct` gets service, path and body, and returns an ARN or nothing."""
    find = iam_actions.extract_resource_arn

    def found(service: str, method: str, path: str, headers: Json, body: bytes, *where: Any) -> str:  # noqa: ANN401
        return correct(service, path, body) or str(find(service, method, path, headers, body, *where))

    iam_actions.extract_resource_arn = found


def wrap_dynamodb_tables(more: Callable[[bytes], list[str]]) -> None:
    """Check a DynamoDB request on further tables too: those that `more` finds in its body."""
    find = iam_actions.dynamodb_resource_arns

    def found(body: bytes, region: str, account_id: str) -> list[str]:
        arns = [f"arn:aws:dynamodb:{region}:{account_id}:table/{table}" for table in more(body)]
        return [*find(body, region, account_id), *arns]

    iam_actions.dynamodb_resource_arns = found


SesCheck = Callable[[str, Json], Response | None]
"""Whether the caller may do an action on a resource, with more condition keys: None, or the refusal."""


def wrap_send_email_check(check: Callable[[Json, SesCheck], Response | None]) -> None:
    """Check SendEmail of SES v2 by `check`, which gets the request and asks for each resource by its ARN's end."""
    others = ministack.app._enforce_ses_v2

    def enforce(*request: Any) -> Response | None:  # noqa: ANN401
        method, path, headers, body, query, request_id = request
        if (method, path) != ("POST", "/v2/email/outbound-emails"):
            return others(*request)

        def ask(resource: str, keys: Json) -> Response | None:
            arn = f"arn:aws:ses:{region()}:{account_id()}:{resource}"
            return ministack.app._enforce_data_plane(
                "sesv2", "ses:SendEmail", headers, query, request_id, resource_arn=arn, service_context=keys
            )

        return check(json.loads(body), ask)

    ministack.app._enforce_ses_v2 = enforce


# CloudFormation


def resource_handlers(resource_type: str) -> dict[str, Any]:
    """Return what CloudFormation calls to create, update and delete a resource of this type."""
    return provisioners._RESOURCE_HANDLERS[resource_type]


def add_resource_type(resource_type: str, **handlers: Any) -> None:  # noqa: ANN401 (functions, and what they get)
    """Let CloudFormation take resources of a type that MiniStack does not know: by `create` and `delete` at least."""
    provisioners._RESOURCE_HANDLERS[resource_type] = handlers


def take_metric_math() -> None:
    """Let templates have alarms on an expression; they are kept by its name, and never find any data."""
    record = provisioners._cw_metric_alarm_record

    def recorded(name: str, properties: Json) -> Json:
        metrics = properties.get("Metrics")
        if not metrics:
            return record(name, properties)
        shown = next(each for each in metrics if str(each.get("ReturnData", True)).lower() == "true")
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        return record(name, rest | {"Namespace": "MetricMath", "MetricName": shown.get("Label") or shown["Id"]})

    provisioners._cw_metric_alarm_record = recorded


def dkim_tokens(domain: str) -> list[str]:
    """Return the three names of a domain's Easy DKIM records, the same ones at every call."""
    return list(ses._dkim_tokens(domain))


def set_time_to_live(table: str, specification: Json) -> None:
    """Switch a DynamoDB table's expiry on or off; what the service refuses fails the deploy."""
    status, _, body = dynamodb._update_ttl({"TableName": table, "TimeToLiveSpecification": specification})
    if status != 200:  # noqa: PLR2004 (a status of HTTP)
        raise ValueError(f"time to live of {table}: {json.loads(body)['message']}")


def forget_time_to_live(table: str) -> None:
    """Let a DynamoDB table's items live for ever."""
    dynamodb._ttl_settings.pop(table, None)


# SQS


def end_visibility_timeouts() -> None:
    """Let every message that was received and not deleted be received again, as if its timeout were over."""
    for queue in list(sqs._queues._data.values()):
        for message in queue["messages"]:
            if message["receive_count"]:
                message["visible_at"] = 0


# SES


def ses_handler() -> Handler:
    """Return MiniStack's own SES v2."""
    return ses_v2.handle_request


def replace_ses_handler(handler: Handler) -> None:
    """Let SES v2 be answered by `handler`; MiniStack looks the function up at every request."""
    ses_v2.handle_request = handler


def configuration_set(name: str) -> Json | None:
    """Return a configuration set as SES v2 stores it."""
    return cast("Json | None", ses_v2._config_sets.get(name))


def identity(name: str) -> Json | None:
    """Return the SES v2 identity with exactly this name."""
    return cast("Json | None", ses_v2._identities.get(name))


def set_identity_verified(name: str, *, verified: bool) -> None:
    """Verify an identity, or take it back, in both of MiniStack's SES stores."""
    for store, key, value in (
        (ses_v2._identities, "VerifiedForSendingStatus", verified),
        (ses._identities, "VerificationStatus", "Success" if verified else "Pending"),
    ):
        if record := store.get(name):
            record[key] = value


def is_verified(address: str) -> bool:
    """Tell whether mail may be sent from (in the sandbox: to) an address: it, its domain or a parent is verified."""
    return bool(ses._identity_verified(address, simulator=True))


def render_template(template: Json) -> Json | Response:
    """Return subject, text and html of a template with its data filled in, or SES's error."""
    stored, _, error = ses_v2._resolve_send_template(template)
    return error or cast("Json", ses._render_template(stored, template.get("TemplateData", "")))


# Events


def publish_to_topic(arn: str, message: str, subject: str) -> None:
    """Publish a message to a topic."""
    sns.publish_internal(arn, message, subject)


def put_event(*, detail_type: str, detail: Mapping[str, Any], resources: list[str]) -> None:
    """Put an event of SES on the default event bus."""
    entry = {"Source": "aws.ses", "DetailType": detail_type, "Detail": json.dumps(detail), "Resources": resources}
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
