"""Graphs of a dashboard, drawn alike."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from collections.abc import Iterable, Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

FULL, HALF, THIRD, QUARTER = 24, 12, 8, 6
"""Widths, in columns of a dashboard."""
HEIGHT = 6

Line = cloudwatch.Metric | cloudwatch.MathExpression


def graph(
    title: str,
    lines: Iterable[Line],
    *,
    width: int = THIRD,
    limits: Mapping[str, float] | None = None,
) -> cloudwatch.GraphWidget:
    """Define a graph from zero, with a horizontal line for each limit by its name."""
    return cloudwatch.GraphWidget(
        title=title,
        width=width,
        height=HEIGHT,
        left=[*lines],
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        left_annotations=[
            cloudwatch.HorizontalAnnotation(label=label, value=value) for label, value in (limits or {}).items()
        ],
    )


def measured(
    namespace: str,
    name: str,
    *,
    label: str = "",
    statistic: str = "Sum",
    region: str | None = None,
    period: Duration | None = None,
    dimensions: Mapping[str, str] | None = None,
) -> cloudwatch.Metric:
    """Define a metric of five minutes by its name, shown as the label or else as its name in words."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        label=label or name.replace("_", " "),
        statistic=statistic,
        region=region,
        period=period,
        dimensions_map=dimensions,
    )


def counted(namespace: str, names: Sequence[str], *, prefix: str = "") -> list[cloudwatch.Metric]:
    """Define metrics that count log lines in five minutes; what all their names begin with is not shown."""
    return [measured(namespace, f"{prefix}{name}", label=name.replace("_", " ")) for name in names]
