from collections.abc import Iterator
from pathlib import Path

import pytest

from review.lint import Linters
from review.policy import findings
from review.sides import Side
from tests.review.pairs import changed, properties


@pytest.fixture(scope="module")
def linters() -> Iterator[Linters]:
    with Linters() as started:
        yield started


def test_all_sources_are_one_list_worst_first_and_each_finding_once(linters: Linters, tmp_path: Path) -> None:
    (tmp_path / "validation-report.json").write_text(REPORT)

    def edit(body: dict[str, object]) -> None:
        properties(body, "SQS::Queue").update(MessageRetentionPeriod="soon")
        properties(body, "SES::ConfigurationSet").update(DeliveryOptions={"TlsPolicy": "OPTIONAL"})

    mail = changed("Mail", edit).head.templates["dev", "Mail"]
    found = findings(Side({("dev", "Mail"): mail}, folders={"dev": tmp_path}), linters)
    assert {finding.source for finding in found} == {"cdk-nag", "cfn-lint", "mail"}
    assert found == sorted(found, key=lambda finding: finding.order)
    assert [finding.rule for finding in found].count("P-1") == 1
    assert all(finding.stage == "dev" and finding.resource and finding.title for finding in found)


def test_only_the_templates_that_are_asked_for_are_linted(linters: Linters) -> None:
    def edit(body: dict[str, object]) -> None:
        properties(body, "SQS::Queue").update(MessageRetentionPeriod="soon")

    side = changed("Mail", edit).head
    assert {one.stack for one in findings(side, linters, [("dev", "Mail")]) if one.source == "cfn-lint"} == {"Mail"}
    assert not [one for one in findings(side, linters, [("dev", "Data")]) if one.source == "cfn-lint"]


REPORT = """{"pluginReports": [{"pluginName": "AwsSolutions", "violations": [{"ruleName": "P-1", "description": "No.",
"severity": "error", "violatingConstructs": [{"constructPath": "Mail/Q/Resource"}, {"constructPath": "Mail/Q/Resource"}]
}]}]}"""
