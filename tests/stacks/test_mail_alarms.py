"""Alarms on the consumer and on what waits for it."""

from typing import Any

from stacks.config import STAGES
from tests.stacks.synthesis import Template, refers_to


def alarm(mail: Template, name: str) -> dict[str, Any]:
    return mail.all("CloudWatch::Alarm")[mail.named(f"Delivery{name}", "CloudWatch::Alarm")]


def of_the_consumer(mail: Template) -> set[str]:
    return {mail.named("DeliveryConsumerFunction", "Lambda::Function")}


def test_mails_that_ses_refuses_as_too_fast_raise_an_alarm(mail: Template, stage: str) -> None:
    found = alarm(mail, "ThrottledBySes")
    assert (found["Namespace"], found["MetricName"]) == (f"Edgepost/Mail/{stage}", "throttled")
    assert (found["Statistic"], found["Threshold"]) == ("Sum", STAGES[stage].alarms.throttled)


def test_many_requests_that_are_given_up_raise_an_alarm(mail: Template, stage: str) -> None:
    found = alarm(mail, "ManyRejected")
    assert found["Threshold"] == STAGES[stage].alarms.rejected_percent
    share, *counted = found["Metrics"]
    # Of the few requests of a quiet hour one says nothing.
    assert share["Expression"] == (
        "IF((FILL(rejected, 0) + FILL(sent, 0)) >= 20, "
        "100 * FILL(rejected, 0) / (FILL(rejected, 0) + FILL(sent, 0)), 0)"
    )
    for each in counted:
        assert each["MetricStat"]["Metric"] == {"MetricName": each["Id"], "Namespace": f"Edgepost/Mail/{stage}"}
        assert (each["MetricStat"]["Stat"], each["MetricStat"]["Period"]) == ("Sum", 3600)


def test_an_invocation_that_nearly_takes_too_long_raises_an_alarm(mail: Template, stage: str) -> None:
    found = alarm(mail, "NearTimeout")
    config = STAGES[stage]
    assert (found["MetricName"], found["Statistic"]) == ("Duration", "Maximum")
    assert found["Threshold"] == 1000 * (config.consumer.timeout_seconds - config.alarms.consumer_spare_seconds)
    assert refers_to(found["Dimensions"]) == of_the_consumer(mail)


def test_invocations_that_lambda_refuses_raise_an_alarm(mail: Template, web: Template, stage: str) -> None:
    consumer = alarm(mail, "ConsumerThrottled")
    blog = web.all("CloudWatch::Alarm")[web.named("BlogApplicationThrottled", "CloudWatch::Alarm")]
    assert refers_to(consumer["Dimensions"]) == of_the_consumer(mail)
    assert refers_to(blog["Dimensions"]) == {web.named("BlogApplication", "Lambda::Function")}
    for found in (consumer, blog):
        assert (found["MetricName"], found["Statistic"]) == ("Throttles", "Sum")
        assert found["Threshold"] == STAGES[stage].alarms.throttled_invocations


def test_more_in_the_queues_than_is_sent_in_time_raises_an_alarm(mail: Template, stage: str) -> None:
    found = alarm(mail, "LongToDrain")
    config = STAGES[stage]
    assert found["Threshold"] == config.alarms.drain_minutes
    minutes, *waiting = found["Metrics"]
    assert minutes["Expression"] == f"(standard + fifo + delay) / {60 * config.consumer.send_rate:g}"
    queues = {each["Id"]: refers_to(each["MetricStat"]["Metric"]["Dimensions"]) for each in waiting}
    assert queues == {
        name.lower(): {mail.named(f"{name}Source", "SQS::Queue")} for name in ("Standard", "Fifo", "Delay")
    }
    assert {each["MetricStat"]["Metric"]["MetricName"] for each in waiting} == {"ApproximateNumberOfMessagesVisible"}
