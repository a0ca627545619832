"""The policies of CloudFront: what is kept and for how long, what the origin is told, and what answers say."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from stacks.config import StageConfig
from stacks.ttl import EVERY, FORMS, POLICIES, TtlPolicy

HOST = "Host"
FORM_COOKIES = ("__Host-session", "__Host-csrf")
FORM_HEADERS = ("Sec-Fetch-Site",)
# As the blog's own: it is the origin's that counts, and this one is for answers without any.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HSTS = Duration.days(365)


class EdgePolicies(Construct):
    """A cache policy for each TTL policy, one origin request policy for forms, one response headers policy for all.

    Where the origin is told the Host, which its certificate is checked against, the Host is in the key too: an answer
    to a wrong name, which is an error, is none to the right one.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        # Names are unique in the account; the library's own say nothing of the stage.
        self._named = f"edgepost-{config.name}"
        host = (HOST,) if config.web.site_domain else ()
        self.cache = {name: self._cache_policy(policy, host) for name, policy in POLICIES.items()}
        # The others need nothing but what is in their keys.
        self.origin_request = {
            FORMS.name: cloudfront.OriginRequestPolicy(
                self,
                "FormsRequest",
                origin_request_policy_name=f"{self._named}-forms",
                comment="session, protection against forged forms, one-time links",
                cookie_behavior=cloudfront.OriginRequestCookieBehavior.allow_list(*FORM_COOKIES),
                header_behavior=cloudfront.OriginRequestHeaderBehavior.allow_list(*FORM_HEADERS, *host),
                query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.all(),
            )
        }
        self.response_headers = self._response_headers()

    def _cache_policy(self, policy: TtlPolicy, host: tuple[str, ...]) -> cloudfront.CachePolicy:
        # CloudFront refuses a key, compressed variants included, where nothing is kept.
        headers = (*policy.headers, *host) if policy.keeps else ()
        return cloudfront.CachePolicy(
            self,
            f"{policy.name.capitalize()}Cache",
            cache_policy_name=f"{self._named}-{policy.name}",
            comment=policy.reason,
            min_ttl=Duration.seconds(policy.min_seconds),
            default_ttl=Duration.seconds(policy.default_seconds),
            max_ttl=Duration.seconds(policy.max_seconds),
            enable_accept_encoding_brotli=policy.keeps,
            enable_accept_encoding_gzip=policy.keeps,
            query_string_behavior=_those(cloudfront.CacheQueryStringBehavior, policy.query_strings),
            header_behavior=_those(cloudfront.CacheHeaderBehavior, headers),
            cookie_behavior=_those(cloudfront.CacheCookieBehavior, policy.cookies),
        )

    def _response_headers(self) -> cloudfront.ResponseHeadersPolicy:
        """What the origin says itself stands, but for HSTS, which is for who ends TLS to say."""
        return cloudfront.ResponseHeadersPolicy(
            self,
            "ResponseHeaders",
            response_headers_policy_name=self._named,
            comment="what browsers must not do with an answer",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=HSTS, include_subdomains=False, override=True
                ),
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=CONTENT_SECURITY_POLICY, override=False
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=False
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.SAME_ORIGIN, override=False
                ),
            ),
        )


def _those(behaviour: Any, names: tuple[str, ...]) -> Any:  # noqa: ANN401 (three classes of the library, alike by name only)
    """Say in the library's words which of a kind are in a key."""
    if names == EVERY:
        return behaviour.all()
    return behaviour.allow_list(*names) if names else behaviour.none()
