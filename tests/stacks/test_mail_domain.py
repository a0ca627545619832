from aws_cdk import Environment, Stack

from stacks.config import STAGES
from stacks.config_mail import DomainConfig
from stacks.mail_domain import MailDomain
from tests.stacks.synthesis import Template, new_app, refers_to, template_of


def records(template: Template, kind: str) -> dict[str, list[str]]:
    """Values by name of the records of a kind."""
    return {
        record["Name"]: record["ResourceRecords"] for record in template.all("Route53::RecordSet", Type=kind).values()
    }


def alone(config: DomainConfig) -> Template:
    """The template of a stack with nothing but this domain."""
    stack = Stack(new_app(), "Alone", env=Environment(region="eu-west-1"))
    MailDomain(stack, "MailDomain", config=config)
    return template_of(stack)


def test_the_identity_signs_with_easy_dkim_of_2048_bits(mail: Template) -> None:
    identity = mail.one("SES::EmailIdentity")
    assert identity["DkimSigningAttributes"] == {"NextSigningKeyLength": "RSA_2048_BIT"}
    assert identity.get("DkimAttributes", {"SigningEnabled": True}) == {"SigningEnabled": True}


def test_the_three_dkim_records_are_those_that_the_identity_asks_for(mail: Template) -> None:
    (identity,) = mail.all("SES::EmailIdentity")
    cnames = [
        (record["Name"], record["ResourceRecords"]) for record in mail.all("Route53::RecordSet", Type="CNAME").values()
    ]
    assert cnames == [
        (
            {"Fn::GetAtt": [identity, f"DkimDNSTokenName{number}"]},
            [{"Fn::GetAtt": [identity, f"DkimDNSTokenValue{number}"]}],
        )
        for number in (1, 2, 3)
    ]


def test_mail_is_rejected_when_the_mail_from_record_is_missing(mail: Template, stage: str) -> None:
    assert mail.one("SES::EmailIdentity")["MailFromAttributes"] == {
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
        "MailFromDomain": f"bounce.{STAGES[stage].domain.domain}",
    }


def test_bounces_return_to_ses_in_the_stacks_own_region(mail: Template, stage: str) -> None:
    name = f"bounce.{STAGES[stage].domain.domain}."
    assert records(mail, "MX").items() >= {name: [f"10 feedback-smtp.{STAGES[stage].region}.amazonses.com"]}.items()
    assert records(mail, "TXT")[name] == ['"v=spf1 include:amazonses.com ~all"']


def test_dmarc_tells_receivers_what_to_do(mail: Template, stage: str) -> None:
    expected = {
        "dev": '"v=DMARC1; p=none"',
        "prod": '"v=DMARC1; p=quarantine; rua=mailto:dmarc@in.example.com"',
    }
    assert records(mail, "TXT")[f"_dmarc.{STAGES[stage].domain.domain}."] == [expected[stage]]


def test_the_domain_itself_says_that_only_ses_sends_for_it(mail: Template, stage: str) -> None:
    assert records(mail, "TXT")[f"{STAGES[stage].domain.domain}."] == ['"v=spf1 include:amazonses.com -all"']


def test_every_record_is_in_the_zone_that_was_made(mail: Template) -> None:
    (zone,) = mail.all("Route53::HostedZone")
    assert all(record["HostedZoneId"] == {"Ref": zone} for record in mail.all("Route53::RecordSet").values())


def test_mail_is_delivered_over_tls_only(mail: Template) -> None:
    assert mail.one("SES::ConfigurationSet")["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}


def test_reputation_is_measured_and_bad_addresses_are_suppressed(mail: Template) -> None:
    configuration_set = mail.one("SES::ConfigurationSet")
    assert configuration_set["ReputationOptions"] == {"ReputationMetricsEnabled": True}
    assert configuration_set["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}


def test_the_identity_uses_the_configuration_set_by_default(mail: Template) -> None:
    assert refers_to(mail.one("SES::EmailIdentity")["ConfigurationSetAttributes"]) == {
        *mail.all("SES::ConfigurationSet")
    }


def test_tls_can_be_left_to_the_receiving_server() -> None:
    template = alone(DomainConfig(domain="example.com", require_tls=False))
    assert template.one("SES::ConfigurationSet")["DeliveryOptions"] == {"TlsPolicy": "OPTIONAL"}


def test_a_domain_below_an_imported_zone_writes_its_records_there() -> None:
    template = alone(DomainConfig(domain="mail.example.com", zone_name="example.com", hosted_zone_id="Z123"))
    assert not template.all("Route53::HostedZone")
    assert {record["HostedZoneId"] for record in template.all("Route53::RecordSet").values()} == {"Z123"}
    assert {*records(template, "TXT")} == {"mail.example.com.", "_dmarc.mail.example.com.", "bounce.mail.example.com."}
    assert {*records(template, "MX")} == {"bounce.mail.example.com."}
    assert template.one("SES::EmailIdentity")["EmailIdentity"] == "mail.example.com"


def test_other_values_of_the_domains_txt_record_are_kept_in_one_record_set() -> None:
    template = alone(DomainConfig(domain="example.com", other_txt_values=("verification=1", "other=2")))
    assert records(template, "TXT")["example.com."] == [
        '"v=spf1 include:amazonses.com -all"',
        '"verification=1"',
        '"other=2"',
    ]


def test_the_domains_own_txt_record_can_be_left_alone() -> None:
    assert "example.com." not in records(alone(DomainConfig(domain="example.com", spf="")), "TXT")


def test_sandbox_recipients_are_identities_of_their_own() -> None:
    template = alone(DomainConfig(domain="example.com", sandbox_recipients=("a@example.net", "b@example.net")))
    identities = {identity["EmailIdentity"] for identity in template.all("SES::EmailIdentity").values()}
    assert identities == {"example.com", "a@example.net", "b@example.net"}


def test_a_tenant_may_use_the_identity_and_the_configuration_set() -> None:
    template = alone(DomainConfig(domain="example.com", tenant="shop"))
    tenant = template.one("SES::Tenant")
    assert tenant["TenantName"] == "shop"
    associated = [refers_to(association["ResourceArn"]) for association in tenant["ResourceAssociations"]]
    assert [*template.all("SES::EmailIdentity")] == [*(associated[0] - {"AWS::AccountId"})]
    assert {*template.all("SES::ConfigurationSet")} == associated[1] - {"AWS::AccountId"}


def test_no_stage_has_a_tenant_unless_it_is_set(mail: Template) -> None:
    assert not mail.all("SES::Tenant")
