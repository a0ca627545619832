from dataclasses import replace

import pytest

from stacks.config import STAGES, AlarmConfig
from stacks.config_operation import OperationConfig
from stacks.settings import ConfigError
from tests.stacks.synthesis import Template, synthesize


def test_prod_tells_those_who_get_alarms_when_the_account_costs_too_much_and_when_it_is_forecast_to() -> None:
    budget = synthesize("prod").template("Review").one("Budgets::Budget")
    assert budget["Budget"] == {
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": STAGES["prod"].operation.monthly_budget_usd, "Unit": "USD"},
    }
    told = {
        (
            each["Notification"]["NotificationType"],
            each["Notification"]["Threshold"],
            each["Notification"]["ThresholdType"],
            each["Notification"]["ComparisonOperator"],
        ): [subscriber["Address"] for subscriber in each["Subscribers"]]
        for each in budget["NotificationsWithSubscribers"]
    }
    emails = [*STAGES["prod"].alarms.emails]
    assert told == {
        (kind, percent, "PERCENTAGE", "GREATER_THAN"): emails
        for kind, percent in (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
    }


def test_a_stage_without_the_setting_has_no_budget(review: Template, stage: str) -> None:
    assert bool(review.all("Budgets::Budget")) is (STAGES[stage].operation.monthly_budget_usd is not None)


@pytest.mark.parametrize("stage", ["local", "dev"])
def test_only_prod_has_a_budget_as_it_comes(stage: str) -> None:
    assert STAGES[stage].operation.monthly_budget_usd is None


@pytest.mark.parametrize("number", [0, 11])
def test_a_budget_that_tells_nobody_or_too_many_is_one_clear_error(number: int) -> None:
    emails = tuple(f"a{n}@example.com" for n in range(number))
    with pytest.raises(ConfigError) as raised:
        replace(STAGES["dev"], alarms=AlarmConfig(emails=emails), operation=OperationConfig(monthly_budget_usd=50))
    assert str(raised.value) == (
        f'monthly_budget_usd would tell {number} addresses, not 1 to 10; set emails in STAGES["dev"]'
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"monthly_budget_usd": 0.5}, "monthly_budget_usd 0.5 is not within 1 to 1000000; set monthly_budget_usd"),
        ({"quota_used_percent": 101}, "quota_used_percent 101 is not within 1 to 100; set quota_used_percent"),
        ({"quota_check_minutes": 0}, "quota_check_minutes 0 is not within 1 to 60; set quota_check_minutes"),
    ],
)
def test_a_setting_out_of_its_bounds_is_one_clear_error(settings: dict[str, float], message: str) -> None:
    assert [*OperationConfig(**settings).problems()] == [message]  # pyright: ignore[reportArgumentType]
