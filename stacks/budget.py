"""The budget: who is told when the account costs more than it should."""

from aws_cdk import aws_budgets as budgets
from constructs import Construct

NOTIFICATIONS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""What is compared with the budget, and at which percentage of it people are told. AWS forecasts a month once it has
seen some weeks of costs ("Managing your costs with AWS Budgets", AWS Cost Management user guide)."""


class MonthlyBudget(Construct):
    """A budget of the whole account's costs in a month, told to each of the addresses. It has no price."""

    def __init__(self, scope: Construct, construct_id: str, *, usd: float, emails: tuple[str, ...]) -> None:
        super().__init__(scope, construct_id)
        subscribers = [
            budgets.CfnBudget.SubscriberProperty(address=address, subscription_type="EMAIL") for address in emails
        ]
        budgets.CfnBudget(
            self,
            "Budget",
            # Without a name: a change of who is told replaces the budget, and two of one name cannot be.
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=subscribers,
                )
                for kind, percent in NOTIFICATIONS
            ],
        )
