"""The mail domain: SES's identity for it, the DNS records that prove it, and how mail from it is sent."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_ses as ses
from constructs import Construct

from stacks.config_mail import DomainConfig

TLS = ses.ConfigurationSetTlsPolicy
RECORD_TTL = Duration.minutes(30)


class MailDomain(Construct):
    """A domain that SES may send for.

    Verification completes by itself once the zone answers for the domain: SES looks for the three DKIM records
    and the two MAIL FROM records (documentation pages "Easy DKIM in Amazon SES", "Using a custom MAIL FROM domain").
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: DomainConfig) -> None:
        super().__init__(scope, construct_id)
        self.name = config.domain
        self.zone = self._zone(config)
        self.configuration_set = ses.ConfigurationSet(
            self,
            "Sending",
            tls_policy=TLS.REQUIRE if config.require_tls else TLS.OPTIONAL,
            reputation_metrics=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        )
        self.identity = ses.EmailIdentity(
            self,
            "Identity",
            identity=ses.Identity.domain(config.domain),
            dkim_identity=ses.DkimIdentity.easy_dkim(ses.EasyDkimSigningKeyLength.RSA_2048_BIT),
            configuration_set=self.configuration_set,
            mail_from_domain=f"{config.mail_from_subdomain}.{config.domain}",
            mail_from_behavior_on_mx_failure=ses.MailFromBehaviorOnMxFailure.REJECT_MESSAGE,
        )
        self.sandbox_recipients = [
            ses.EmailIdentity(self, f"Recipient {address}", identity=ses.Identity.email(address))
            for address in config.sandbox_recipients
        ]
        self.tenant = self._tenant(config.tenant) if config.tenant else None
        self._dkim_records()
        self._mail_from_records(f"{config.mail_from_subdomain}.{config.domain}")
        self._policy_records(config)

    @property
    def configuration_set_arn(self) -> str:
        """What a policy names to allow sending with the configuration set."""
        name = self.configuration_set.configuration_set_name
        return Stack.of(self).format_arn(service="ses", resource="configuration-set", resource_name=name)

    def _zone(self, config: DomainConfig) -> route53.IHostedZone:
        if config.hosted_zone_id:
            return route53.HostedZone.from_hosted_zone_attributes(
                self, "Zone", hosted_zone_id=config.hosted_zone_id, zone_name=config.zone
            )
        return route53.PublicHostedZone(self, "Zone", zone_name=config.zone)

    def _tenant(self, name: str) -> ses.CfnTenant:
        """Define a tenant that may use the identity and the configuration set, as it has to ("Tenants")."""
        arns = (self.identity.email_identity_arn, self.configuration_set_arn)
        return ses.CfnTenant(
            self,
            "Tenant",
            tenant_name=name,
            resource_associations=[ses.CfnTenant.ResourceAssociationProperty(resource_arn=arn) for arn in arns],
        )

    def _dkim_records(self) -> None:
        # Written one by one: the library's own records are named by the zone, wrong for a domain below it.
        for number, record in enumerate(self.identity.dkim_records, start=1):
            route53.CfnRecordSet(
                self,
                f"Dkim{number}",
                hosted_zone_id=self.zone.hosted_zone_id,
                name=record.name,
                type="CNAME",
                resource_records=[record.value],
                ttl=str(RECORD_TTL.to_seconds()),
            )

    def _mail_from_records(self, mail_from: str) -> None:
        feedback = route53.MxRecordValue(priority=10, host_name=f"feedback-smtp.{Stack.of(self).region}.amazonses.com")
        route53.MxRecord(
            self, "MailFromMx", zone=self.zone, record_name=f"{mail_from}.", values=[feedback], ttl=RECORD_TTL
        )
        self._txt("MailFromSpf", mail_from, "v=spf1 include:amazonses.com ~all")

    def _policy_records(self, config: DomainConfig) -> None:
        reports = f"; rua=mailto:{config.dmarc_reports_to}" if config.dmarc_reports_to else ""
        self._txt("Dmarc", f"_dmarc.{config.domain}", f"v=DMARC1; p={config.dmarc_policy}{reports}")
        if config.spf:
            self._txt("Spf", config.domain, config.spf, *config.other_txt_values)

    def _txt(self, construct_id: str, name: str, *values: str) -> None:
        route53.TxtRecord(self, construct_id, zone=self.zone, record_name=f"{name}.", values=[*values], ttl=RECORD_TTL)
