"""A function behind the load balancer."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


def lambda_targets(
    scope: Construct, function: lambda_.IFunction, *, name: str, health_check: elbv2.HealthCheck | None = None
) -> elbv2.ApplicationTargetGroup:
    """Define a target group by which load balancers of this account, and nobody else, invoke the function."""
    # Named by us, since the permission names the target group, which in turn waits for the permission.
    arn = Stack.of(scope).format_arn(service="elasticloadbalancing", resource="targetgroup", resource_name=f"{name}/*")
    permission = lambda_.CfnPermission(
        scope,
        "Invocation",
        action="lambda:InvokeFunction",
        function_name=function.function_arn,
        principal="elasticloadbalancing.amazonaws.com",
        source_account=Stack.of(scope).account,
        source_arn=arn,
    )
    target_group = elbv2.ApplicationTargetGroup(
        scope,
        "Targets",
        target_group_name=name,
        target_type=elbv2.TargetType.LAMBDA,
        multi_value_headers_enabled=True,
        health_check=health_check,
    )
    # The library's own LambdaTarget would let every load balancer of every account invoke the function.
    cast("elbv2.CfnTargetGroup", target_group.node.default_child).targets = [
        elbv2.CfnTargetGroup.TargetDescriptionProperty(id=function.function_arn)
    ]
    target_group.node.add_dependency(permission)
    return target_group
