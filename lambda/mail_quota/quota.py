"""What SES allows the account, beside what it has sent and what the consumer is set to, as metrics of CloudWatch."""

from collections.abc import Mapping
from typing import Any

UNITS = {
    "quota_recipients": "Count",
    "sent_recipients": "Count",
    "quota_used_percent": "Percent",
    "allowed_rate": "Count/Second",
    "send_rate_too_high": "None",
}
"""The metrics by name. The first and the third are not there for an account without a daily quota."""


def figures(send_quota: Mapping[str, float], *, send_rate: float) -> dict[str, float]:
    """Return the metrics of an account that SES allows this much ("SendQuota", Amazon SES API v2 reference).

    `send_rate_too_high` is 1 where the consumer is set to more than SES takes a second, else 0.
    """
    most, sent, allowed = (send_quota[name] for name in ("Max24HourSend", "SentLast24Hours", "MaxSendRate"))
    daily = {"quota_recipients": most, "quota_used_percent": 100 * sent / most if most else 100.0} if most >= 0 else {}
    return {
        **daily,
        "sent_recipients": sent,
        "allowed_rate": allowed,
        "send_rate_too_high": float(send_rate > allowed),
    }


def embedded(values: Mapping[str, float], *, namespace: str, at: float) -> dict[str, Any]:
    """Return the log line of which CloudWatch makes metrics, without dimensions; `at` is in epoch seconds.

    "Specification: Embedded metric format" (Amazon CloudWatch user guide).
    """
    metrics = [{"Name": name, "Unit": UNITS[name]} for name in values]
    about: dict[str, Any] = {"Namespace": namespace, "Dimensions": [[]], "Metrics": metrics}
    return {"_aws": {"Timestamp": int(at * 1000), "CloudWatchMetrics": [about]}, "event": "quota", **values}
