import pytest

from review.mail_rules import findings
from review.model import Severity
from tests.review.mail_edits import Body, alone, appeared, record, setting, without_record
from tests.review.pairs import Edit, changed, edited, named, project, properties

TLS, SCAN = "ses-receiving-without-tls", "ses-receiving-without-scan"
CASES: dict[str, tuple[str, Edit]] = {
    "signing off": (
        "ses-identity-without-dkim",
        setting("SES::EmailIdentity", DkimAttributes={"SigningEnabled": False}),
    ),
    "a DKIM record gone": ("ses-identity-without-dkim", without_record("DkimDNSTokenName2")),
    "no DMARC record": ("ses-dmarc-missing", without_record("_dmarc")),
    "a DMARC record that is none": ("ses-dmarc-missing", record("_dmarc", ResourceRecords=['"p=reject"'])),
    "two DMARC records": ("ses-dmarc-missing", record("_dmarc", ResourceRecords=['"v=DMARC1; p=reject"'] * 2)),
    "DMARC relaxed to none": (
        "ses-dmarc-asks-for-nothing",
        record("_dmarc", ResourceRecords=['"v=DMARC1; p=none; rua=mailto:a@b.test"']),
    ),
    "DMARC relaxed below the domain": (
        "ses-dmarc-asks-for-nothing",
        record("_dmarc", ResourceRecords=['"v=DMARC1; p=reject; sp=none"']),
    ),
    "no MAIL FROM domain": (
        "ses-mail-from-missing",
        lambda body: properties(body, "SES::EmailIdentity").pop("MailFromAttributes"),
    ),
    "MAIL FROM domain without SPF": (
        "ses-mail-from-missing",
        lambda body: body["Resources"].pop(named(body, "Route53::RecordSet", "MailDomainMailFromSpf")),
    ),
    "MAIL FROM domain that points elsewhere": (
        "ses-mail-from-missing",
        lambda body: properties(body, "Route53::RecordSet", "MailDomainMailFromMx").update(
            ResourceRecords=["10 x.test"]
        ),
    ),
    "TLS optional": (
        "ses-configuration-set-without-tls",
        setting("SES::ConfigurationSet", DeliveryOptions={"TlsPolicy": "OPTIONAL"}),
    ),
    "nothing about TLS": (
        "ses-configuration-set-without-tls",
        lambda body: properties(body, "SES::ConfigurationSet").pop("DeliveryOptions"),
    ),
    "suppression of bounces alone": (
        "ses-configuration-set-without-suppression",
        setting("SES::ConfigurationSet", SuppressionOptions={"SuppressedReasons": ["BOUNCE"]}),
    ),
    "no suppression": (
        "ses-configuration-set-without-suppression",
        lambda body: properties(body, "SES::ConfigurationSet").pop("SuppressionOptions"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_weakening_of_the_projects_mail_is_found_and_nothing_beside(case: str) -> None:
    rule, edit = CASES[case]
    found = appeared(edit)
    assert [finding.rule for finding in found] == [rule]
    assert found[0].source == "mail"
    assert found[0].resource.startswith("Mail/")
    assert found[0].severity >= Severity.MEDIUM


HARMLESS: dict[str, Edit] = {
    "signing on, said": setting("SES::EmailIdentity", DkimAttributes={"SigningEnabled": True}),
    "a shorter life of a DKIM record": record("DkimDNSTokenName2", TTL="60"),
    "DMARC made stricter": record("_dmarc", ResourceRecords=['"v=DMARC1; p=reject"']),
    "DMARC in two pieces": record("_dmarc", ResourceRecords=['"v=DMARC1; " "p=quarantine"']),
    "DMARC by a name without its dot": record("_dmarc", Name="_DMARC.example.com"),
    "DMARC with another address for reports": record(
        "_dmarc", ResourceRecords=['"v=DMARC1; p=quarantine; rua=mailto:none@b.test"']
    ),
    "mail that cannot use the MAIL FROM domain goes": lambda body: properties(body, "SES::EmailIdentity")[
        "MailFromAttributes"
    ].update(BehaviorOnMxFailure="USE_DEFAULT_VALUE"),
    "another priority of the MX record": lambda body: properties(
        body, "Route53::RecordSet", "MailDomainMailFromMx"
    ).update(ResourceRecords=["20 feedback-smtp.ap-northeast-1.amazonses.com"]),
    "an SPF in two pieces": lambda body: properties(body, "Route53::RecordSet", "MailDomainMailFromSpf").update(
        ResourceRecords=['"v=spf1 include:amazon" "ses.com -all"']
    ),
    "no reputation metrics": setting("SES::ConfigurationSet", ReputationOptions={"ReputationMetricsEnabled": False}),
    "suppression in another order": setting(
        "SES::ConfigurationSet", SuppressionOptions={"SuppressedReasons": ["COMPLAINT", "BOUNCE"]}
    ),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_a_harmless_change_beside_it_is_not(case: str) -> None:
    assert appeared(HARMLESS[case]) == []


def test_a_policy_of_the_domain_above_holds_for_a_domain_below_it() -> None:
    pair = changed("Mail", record("_dmarc", Name="_dmarc.example.com."), stage="dev")
    assert "ses-dmarc-missing" not in {finding.rule for finding in findings(pair.head)}


def test_an_address_that_is_verified_as_recipient_needs_no_records() -> None:
    assert alone(A={"Type": "AWS::SES::EmailIdentity", "Properties": {"EmailIdentity": "a@example.com"}}) == []


def test_a_domain_that_brings_its_own_key_needs_no_records_of_ses() -> None:
    own = {"EmailIdentity": "example.com", "DkimSigningAttributes": {"DomainSigningSelector": "s"}}
    found = alone(A={"Type": "AWS::SES::EmailIdentity", "Properties": own})
    assert {finding.rule for finding in found} == {"ses-dmarc-missing", "ses-mail-from-missing"}


def test_records_in_a_group_and_in_another_stack_count() -> None:
    base = project("prod")
    moved: dict[str, Body] = {}

    def edit(body: Body) -> None:
        moved["Dmarc"] = body["Resources"].pop(named(body, "Route53::RecordSet", "MailDomainDmarc"))["Properties"]

    def add(body: Body) -> None:
        body["Resources"]["G"] = {
            "Type": "AWS::Route53::RecordSetGroup",
            "Properties": {"RecordSets": [moved["Dmarc"]]},
        }

    after = edited({"Mail": edit, "Web": add}, stage="prod").head
    assert findings(after) == findings(base)


def events(*kinds: str, **values: object) -> Body:
    """A destination of the events of configuration set S."""
    destination = {"MatchingEventTypes": [*kinds], "Enabled": True, **values}
    return {
        "Type": "AWS::SES::ConfigurationSetEventDestination",
        "Properties": {"ConfigurationSetName": {"Ref": "S"}, "EventDestination": destination},
    }


SAFE_SET = {
    "Type": "AWS::SES::ConfigurationSet",
    "Properties": {
        "DeliveryOptions": {"TlsPolicy": "REQUIRE"},
        "SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    },
}


def test_a_configuration_set_whose_bounces_and_complaints_are_heard_of_is_fine() -> None:
    assert alone(S=SAFE_SET, D=events("bounce", "complaint", "send")) == []
    assert alone(S=SAFE_SET, D=events("BOUNCE"), E=events("COMPLAINT")) == []


@pytest.mark.parametrize(
    "destination", [events("bounce"), events("bounce", "complaint", Enabled=False), events("send", "delivery")]
)
def test_a_configuration_set_whose_complaints_nobody_hears_of_is_found(destination: Body) -> None:
    (found,) = alone(S=SAFE_SET, D=destination)
    assert (found.rule, found.resource) == ("ses-configuration-set-without-events", "S")
    assert "complaint" in found.title


def receiving(**values: object) -> Body:
    """A receipt rule, as the library writes one."""
    rule = {"Enabled": True, "ScanEnabled": True, "TlsPolicy": "Require", "Actions": [{"S3Action": {}}], **values}
    return {"Type": "AWS::SES::ReceiptRule", "Properties": {"RuleSetName": {"Ref": "Set"}, "Rule": rule}}


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        ({}, []),
        ({"ScanEnabled": False}, [SCAN]),
        ({"TlsPolicy": "Optional"}, [TLS]),
        ({"ScanEnabled": False, "TlsPolicy": "Optional", "Enabled": False}, []),
        ({"Recipients": ["in.example.com"]}, []),
    ],
)
def test_mail_is_received_with_a_scan_and_over_tls(values: Body, rules: list[str]) -> None:
    assert [finding.rule for finding in alone(R=receiving(**values))] == rules


def test_a_receipt_rule_that_says_nothing_is_not_in_force() -> None:
    assert alone(R={"Type": "AWS::SES::ReceiptRule", "Properties": {"Rule": {"Actions": []}}}) == []


def test_the_project_itself_has_neither_a_wide_sender_nor_an_unsigned_domain() -> None:
    for stage in ("dev", "prod"):
        rules = {finding.rule for finding in findings(project(stage)) if finding.severity >= Severity.HIGH}
        assert rules == set()
