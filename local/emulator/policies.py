"""What IAM checks where MiniStack asks for an action or a resource that IAM does not know.

Pages of the Service Authorization Reference: "Actions, resources, and condition keys for Amazon SQS" (a batch is
checked as the single action), "… for Amazon DynamoDB" (a PartiQL statement is checked by its verb, on its table) and
"… for Amazon Simple Email Service v2" (SendEmail on identity and configuration set, with the address it is sent from),
"… for Amazon CloudFront" (a policy by its id).
"""

import json
import re
from email.utils import parseaddr

from local.emulator import message, ministack, ministack_inbox
from local.emulator.errors import SesError
from local.emulator.ministack import Json, Response, SesCheck
from local.emulator.ses_access import KEY_ACTIONS

PARTIQL = {"INSERT": "PartiQLInsert", "UPDATE": "PartiQLUpdate", "DELETE": "PartiQLDelete", "SELECT": "PartiQLSelect"}
STATEMENT = re.compile(r'\s*(?P<verb>\w+)\s+(?:INTO\s+|FROM\s+|.*?\sFROM\s+)?"?(?P<table>[\w.-]+)"?', re.IGNORECASE)

CLOUDFRONT_POLICY = re.compile(
    r"/[\d-]+/(?P<kind>cache|origin-request|response-headers)-policy/(?P<id>[^/]+)(/config)?"
)


def install() -> None:
    """Let callers do only what their policies allow, as IAM checks it; functions act under their own roles."""
    ministack.enforce_policies()
    ministack.wrap_iam_action(action)
    ministack.wrap_resource_arn(policy_of_cloudfront)
    ministack.wrap_dynamodb_tables(tables)
    ministack.wrap_send_email_check(check_send)
    ministack_inbox.wrap_enforcement(needed_of_key)


def action(found: str | None, body: bytes) -> str | None:
    """Return the action that IAM checks for what MiniStack has found."""
    if found == "dynamodb:BatchExecuteStatement":
        return f"dynamodb:{PARTIQL[_statements(body)[0]['verb'].upper()]}"
    if found and found.startswith("sqs:"):
        return found.removesuffix("Batch")
    return found


def policy_of_cloudfront(service: str, path: str, _body: bytes) -> str:
    """Return the ARN of the policy that a request to CloudFront names."""
    found = CLOUDFRONT_POLICY.fullmatch(path) if service == "cloudfront" else None
    return f"arn:aws:cloudfront::{ministack.account_id()}:{found['kind']}-policy/{found['id']}" if found else ""


def tables(body: bytes) -> list[str]:
    """Return the names of the tables that PartiQL statements name."""
    return sorted({statement["table"] for statement in _statements(body)})


def needed_of_key(action: str, arn: str) -> list[tuple[str, str]]:
    """Return what publishing to an encrypted topic also needs: the use of its key."""
    key = ministack_inbox.key_of_topic(arn) if action == "sns:Publish" else ""
    return [(needed, key) for needed in KEY_ACTIONS] if key else []


def check_send(request: Json, ask: SesCheck) -> Response | None:
    """Ask for the sender's identity, its address or else its domain, and for the configuration set."""
    try:
        sender = parseaddr(request.get("FromEmailAddress") or message.read(request)["from"])[1]
    except SesError:
        return None  # SES says itself what is wrong with it
    identity = sender if ministack.identity(sender) else sender.rpartition("@")[2]
    resources = [f"identity/{identity}"]
    if name := request.get("ConfigurationSetName"):
        resources.append(f"configuration-set/{name}")
    refusals = (ask(resource, {"ses:fromaddress": sender}) for resource in resources)
    return next(filter(None, refusals), None)


def _statements(body: bytes) -> list[re.Match[str]]:
    given = json.loads(body or b"{}").get("Statements", [])
    return [found for statement in given if (found := STATEMENT.match(statement["Statement"]))]
