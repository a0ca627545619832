"""A schedule that invokes a function."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from stacks.python_function import PythonFunction


def invoke_on_schedule(
    scope: Construct,
    function: PythonFunction,
    *,
    schedule: scheduler.ScheduleExpression,
    description: str,
    retry_attempts: int | None = None,
) -> None:
    """Define a schedule that invokes the function, and a role that may do nothing else."""
    caller = iam.Role(
        scope,
        "Caller",
        assumed_by=iam.ServicePrincipal(
            "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}}
        ),
    )
    # The library would let the caller invoke every version of the function as well.
    caller.add_to_policy(
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function.function_arn])
    )
    scheduler.Schedule(
        scope,
        "Schedule",
        description=description,
        schedule=schedule,
        target=targets.LambdaInvoke(
            function.function, role=caller.without_policy_updates(), retry_attempts=retry_attempts
        ),
    )
