"""What is reached into of MiniStack 1.5.33 for network and load balancer; `ministack` has what all share."""

# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import contextlib
import queue
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import ministack.app
from ministack.core import lambda_runtime
from ministack.core.arn import parse_arn
from ministack.core.concurrency import run_reentrant
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.services import alb, ec2, lambda_svc
from ministack.services.cloudformation import provisioners

from local.emulator import function_log
from local.emulator.ministack import Json, Response, region

# EC2


def subnet(subnet_id: str) -> Json:
    """Return a subnet as EC2 stores it."""
    return ec2._subnets[subnet_id]


def know_all_zones() -> None:
    """Find the name of a zone by its id also in regions with more than three."""

    def zone_name(zone_id: str) -> str | None:
        names = (f"{region()}{letter}" for letter in "abcdef")
        return next((name for name in names if ec2._az_id_for_zone_name(name) == zone_id), None)

    ec2._zone_name_for_az_id = zone_name


RULES = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}


def put_security_group_rule(group_id: str, direction: str, properties: Json) -> str:
    """Add a rule, as a template describes it, to a security group, and return the rule's id."""
    rule: Json = provisioners._ec2_sg_permissions([properties])[0]
    rule["SecurityGroupRuleId"] = ec2._sg_rule_id(group_id, direction == "egress", rule)
    remove_security_group_rule(group_id, direction, rule["SecurityGroupRuleId"])
    ec2._security_groups[group_id][RULES[direction]].append(rule)
    return rule["SecurityGroupRuleId"]


def remove_security_group_rule(group_id: str, direction: str, rule_id: str) -> None:
    """Remove a rule, unless it or its group is gone."""
    rules = ec2._security_groups.get(group_id, {}).get(RULES[direction], [])
    rules[:] = [rule for rule in rules if rule.get("SecurityGroupRuleId") != rule_id]


def put_flow_log(properties: Json) -> str:
    """Record a flow log, as a template describes it, and return its id; nothing is ever logged."""
    flow_log_id = f"fl-{secrets.token_hex(9)[:17]}"
    ec2._flow_logs[flow_log_id] = {
        "FlowLogId": flow_log_id,
        "ResourceId": properties["ResourceId"],
        "ResourceType": properties["ResourceType"],
        "TrafficType": properties.get("TrafficType", "ALL"),
        "LogDestinationType": properties.get("LogDestinationType", "cloud-watch-logs"),
        "LogDestination": properties.get("LogDestination") or properties.get("LogGroupName", ""),
        "FlowLogStatus": "ACTIVE",
        "CreationTime": ec2._now_ts(),
    }
    return flow_log_id


def remove_flow_log(flow_log_id: str) -> None:
    """Forget a flow log."""
    ec2._flow_logs.pop(flow_log_id, None)


# Load balancers


def set_dns_name(load_balancer: str, suffix: str) -> str:
    """Give a load balancer its name with a suffix as DNS name, and return that."""
    record = alb._lbs[load_balancer]
    record["DNSName"] = f"{record['LoadBalancerName']}{suffix}".lower()
    return record["DNSName"]


def find_load_balancer(host: str) -> Json | None:
    """Return the load balancer that a Host header names, of the default account and region."""
    return cast("Json | None", alb.find_lb_for_host(host))


def drops_invalid_header_fields(load_balancer: Json) -> bool:
    """Tell whether a load balancer removes header fields whose names are not valid."""
    name = "routing.http.drop_invalid_header_fields.enabled"
    return alb._lb_attr(load_balancer["LoadBalancerArn"], name, "false") == "true"


async def answer(load_balancer: Json, **request: Any) -> Response:  # noqa: ANN401 (those of MiniStack's function)
    """Answer a request by the listener, its rules and their actions."""
    return cast("Response", await alb.dispatch_request(load_balancer, **request))


async def respond(scope: Json, receive: Any, send: Any, response: Response) -> None:  # noqa: ANN401 (ASGI)
    """Send an answer, also one that is proxied from a target while it comes."""
    await ministack.app._send_if_handled(send, response, receive, head=scope["method"] == "HEAD")


# Target groups


def target_type(target_group: str) -> str:
    """Return what a target group's targets are: instance, ip or lambda."""
    return alb._tgs[target_group]["TargetType"]


def set_targets(target_group: str, targets: list[Json]) -> None:
    """Register these targets with a target group, and no others."""
    alb._targets[target_group] = targets


def has_multi_value_headers(target_group: str) -> bool:
    """Tell whether a target group's function gets and gives headers as lists."""
    attributes = {each["Key"]: each["Value"] for each in alb._tg_attrs[target_group]}
    return attributes.get("lambda.multi_value_headers.enabled") == "true"


def replace_lambda_target(target: Callable[[str, str, dict[str, str]], Awaitable[Response]]) -> None:
    """Let `target` answer what is forwarded to a function: it gets function, target group and the request's headers."""

    async def invoke(function: str, target_group: str, *request: Any, **_more: object) -> Response:  # noqa: ANN401
        _method, _path, headers, *_ = request
        return await target(function, target_group, headers)

    alb._invoke_lambda_target = invoke


# Functions

END_OF_LOG = "\x1eend of log"
LOG_SECONDS = 0.25
"""How long the log of a worker that has died is waited for."""


def may_invoke(function: str, *, principal: str, source: str) -> bool:
    """Tell whether a function's policy lets a service invoke it on behalf of the resource `source`."""
    record, config, _ = _function(function)
    request = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=config["FunctionArn"],
        region=parse_arn(source).region,
        service_context={"aws:sourcearn": source, "aws:sourceaccount": parse_arn(source).account_id},
    )
    return evaluate_resource_policy(record["policy"], request, service=principal).decision == "Allow"


async def invoke(function: str, event: Json) -> Json:
    """Invoke a function in a thread of its own: `body` is its result, `error` tells whether it has failed."""
    record, config, name = _function(function)
    execution = lambda_svc._execution_record_for_config(record, config)

    def run() -> Json:
        began = time.monotonic()
        result: Json = lambda_svc._execute_function_with_config_scope(execution, event)
        lambda_svc._run_with_function_config_scope(
            config,
            lambda_svc._emit_lambda_metrics,
            name,
            duration_ms=(time.monotonic() - began) * 1000,
            error=bool(result.get("error")),
            throttle=bool(result.get("throttle")),
        )
        return result

    return await run_reentrant(run, thread_name="load-balancer")


def mark_end_of_logs() -> None:
    """Take what a function logs in an invocation until its worker says that this was all.

    MiniStack waits 50 ms for a log that may not come, and under load gives up too early.
    """
    script: str = lambda_runtime._PYTHON_WORKER_SCRIPT
    answered = "        _real_stdout.flush()\n\nrun()"
    if script.count(answered) != 1:
        raise RuntimeError("the worker of MiniStack's functions is not the one of 1.5.33; see mark_end_of_logs")
    mark = f"        sys.stderr.write({END_OF_LOG!r} + chr(10)); sys.stderr.flush()\n"
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(answered, mark + answered)
    setattr(lambda_runtime.Worker, "_drain_stderr_bounded", _read_log)  # noqa: B010 (its type differs)


def log_as_json() -> None:
    """Let functions log as Lambda does where the format is JSON; `function_log` is put before MiniStack's worker."""
    source = Path(function_log.__file__).read_text(encoding="utf-8")
    lambda_runtime._PYTHON_WORKER_SCRIPT = f"{source}\n\ninstall()\n{lambda_runtime._PYTHON_WORKER_SCRIPT}"


def _read_log(worker: Any) -> str:  # noqa: ANN401 (MiniStack's)
    lines: list[str] = []
    with contextlib.suppress(queue.Empty):  # a worker that has died says nothing
        while not (line := worker._stderr_queue.get(timeout=LOG_SECONDS)).endswith(END_OF_LOG):
            lines.append(line)
        lines.append(line.removesuffix(END_OF_LOG))
    return "\n".join(lines).rstrip("\n")


def _function(arn: str) -> tuple[Json, Json, str]:
    """Return a function's record, the configuration of the version that the ARN names, and the function's name."""
    spec = parse_arn(arn)
    record, config, name = lambda_svc._get_func_record_for_ref_in_scope(
        arn, account_id=spec.account_id, region=spec.region
    )
    if record is None or config is None:
        raise LookupError(f"function {name} does not exist")
    return record, config, name
