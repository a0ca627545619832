"""Reads distributions and their policies through CloudFront's API."""

from collections.abc import Callable
from typing import Any

from local.edge.distribution import (
    NOTHING,
    Behavior,
    CachePolicy,
    Distribution,
    ErrorResponse,
    Origin,
    Passed,
    ResponseHeadersPolicy,
    Selection,
    SetHeader,
)
from ttl_review.freshness import Ttl

Json = dict[str, Any]
DEFAULT_PATTERN = "*"


class UnsupportedError(Exception):
    """A distribution uses what the local edge does not know; its text is one line."""


class Reader:
    """Reads what is deployed now; managed policies once, since they never change."""

    def __init__(self, cloudfront: Any) -> None:  # noqa: ANN401 (a client of boto3)
        self._api = cloudfront
        self._managed: dict[str, Json] = {}

    def summaries(self) -> list[Json]:
        """Return what CloudFront lists, in the order in which it was created."""
        return self._api.list_distributions()["DistributionList"].get("Items", [])

    def invalidations(self, distribution: str) -> list[str]:
        """Return the ids of a distribution's invalidations."""
        found = self._api.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
        return [each["Id"] for each in found]

    def invalidated(self, distribution: str, invalidation: str) -> list[str]:
        """Return the paths of an invalidation."""
        found = self._api.get_invalidation(DistributionId=distribution, Id=invalidation)["Invalidation"]
        return found["InvalidationBatch"]["Paths"].get("Items", [])

    def distribution(self, summary: Json) -> Distribution:
        """Return a whole distribution."""
        config: Json = self._api.get_distribution_config(Id=summary["Id"])["DistributionConfig"]
        behaviors = [*config.get("CacheBehaviors", {}).get("Items", []), config["DefaultCacheBehavior"]]
        custom = self._custom_policies()
        errors = config.get("CustomErrorResponses", {}).get("Items", [])
        return Distribution(
            id=summary["Id"],
            arn=summary["ARN"],
            domain_name=summary["DomainName"],
            root_object=config.get("DefaultRootObject", ""),
            behaviors=tuple(self._behavior(each, custom) for each in behaviors),
            origins={each["Id"]: self._origin(each) for each in config["Origins"]["Items"]},
            errors={each["ErrorCode"]: _error_response(each) for each in errors},
        )

    def _custom_policies(self) -> dict[str, Json]:
        """Return the account's own policies of all kinds by id."""
        cache = self._api.list_cache_policies(Type="custom")["CachePolicyList"]
        origin = self._api.list_origin_request_policies(Type="custom")["OriginRequestPolicyList"]
        response = self._api.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
        return {
            policy[kind]["Id"]: policy[kind]
            for kind, found in (
                ("CachePolicy", cache),
                ("OriginRequestPolicy", origin),
                ("ResponseHeadersPolicy", response),
            )
            for policy in found.get("Items", [])
        }

    def _behavior(self, given: Json, custom: dict[str, Json]) -> Behavior:
        pattern = given.get("PathPattern", DEFAULT_PATTERN)
        if not given.get("CachePolicyId"):
            raise UnsupportedError(f"behavior {pattern} has no cache policy; the local edge knows no other way")

        def policy(kind: str) -> Json:
            policy_id = given.get(f"{kind}Id")
            return self._policy(kind, policy_id, custom)[f"{kind}Config"] if policy_id else {}

        return Behavior(
            pattern=pattern,
            origin=given["TargetOriginId"],
            viewer_protocol_policy=given["ViewerProtocolPolicy"],
            allowed_methods=frozenset(given["AllowedMethods"]["Items"]),
            cached_methods=frozenset(given["AllowedMethods"]["CachedMethods"]["Items"]),
            compress=given.get("Compress", False),
            cache_policy=_cache_policy(policy("CachePolicy")),
            origin_request=_passed(policy("OriginRequestPolicy")),
            response_headers=_response_headers(policy("ResponseHeadersPolicy")),
        )

    def _policy(self, kind: str, policy_id: str, custom: dict[str, Json]) -> Json:
        """Return a policy: the account's own as it is now, a managed one as it ever was."""
        if policy_id in custom:
            return custom[policy_id]
        if policy_id not in self._managed:
            get = {
                "CachePolicy": self._api.get_cache_policy,
                "OriginRequestPolicy": self._api.get_origin_request_policy,
                "ResponseHeadersPolicy": self._api.get_response_headers_policy,
            }[kind]
            self._managed[policy_id] = get(Id=policy_id)[kind]
        return self._managed[policy_id]

    def _origin(self, given: Json) -> Origin:
        headers = given.get("CustomHeaders", {}).get("Items", [])
        vpc, custom = given.get("VpcOriginConfig"), given.get("CustomOriginConfig")
        endpoint: Json = {}
        if vpc:
            found = self._api.get_vpc_origin(Id=vpc["VpcOriginId"])["VpcOrigin"]
            endpoint = found["VpcOriginEndpointConfig"]
        settings: Json = endpoint or custom or {}
        if not settings:
            raise UnsupportedError(f"origin {given['Id']} is neither a VPC origin nor a custom one")
        return Origin(
            domain_name=given["DomainName"],
            path=given.get("OriginPath", ""),
            custom_headers=tuple((each["HeaderName"], each["HeaderValue"]) for each in headers),
            protocol=settings["OriginProtocolPolicy"],
            ports={"http": settings["HTTPPort"], "https": settings["HTTPSPort"]},
            read_seconds=(vpc or settings).get("OriginReadTimeout", 30),
            connect_seconds=given.get("ConnectionTimeout", 10),
            attempts=given.get("ConnectionAttempts", 3),
            load_balancer=endpoint.get("Arn", ""),
        )


def _cache_policy(config: Json) -> CachePolicy:
    given: Json = config["ParametersInCacheKeyAndForwardedToOrigin"]
    encodings = {"gzip": given["EnableAcceptEncodingGzip"], "br": given.get("EnableAcceptEncodingBrotli", False)}
    return CachePolicy(
        ttl=Ttl(
            min_seconds=config["MinTTL"],
            default_seconds=config.get("DefaultTTL", 86_400),
            max_seconds=config.get("MaxTTL", 31_536_000),
        ),
        key=_passed(given),
        encodings=frozenset(encoding for encoding, enabled in encodings.items() if enabled),
    )


def _passed(given: Json) -> Passed:
    headers: Json = given.get("HeadersConfig", {})
    names: list[str] = headers.get("Headers", {}).get("Items", [])
    return Passed(
        cloudfront_headers=frozenset(name.lower() for name in names if name.lower().startswith("cloudfront-")),
        headers=_selection(given, "Header", lower=True),
        cookies=_selection(given, "Cookie"),
        query_strings=_selection(given, "QueryString"),
    )


def _selection(given: Json, kind: str, *, lower: bool = False) -> Selection:
    """Read which names a policy takes, as "HeadersConfig" with "HeaderBehavior" and "Headers" says it."""
    config: Json = given.get(f"{kind}sConfig", {})
    names: list[str] = config.get(f"{kind}s", {}).get("Items", [])
    chosen = frozenset(name.lower() if lower else name for name in names)
    everything = Selection(names=frozenset(), all_but=True)
    selections = {
        "none": NOTHING,
        "whitelist": Selection(names=chosen),
        "all": everything,
        "allViewer": everything,
        "allViewerAndWhitelistCloudFront": everything,
        "allExcept": Selection(names=chosen, all_but=True),
    }
    return selections[config.get(f"{kind}Behavior", "none")]


def _response_headers(config: Json) -> ResponseHeadersPolicy:
    for unknown in ("CorsConfig", "ServerTimingHeadersConfig"):
        if config.get(unknown):
            raise UnsupportedError(
                f"response headers policy {config['Name']} has a {unknown}, unknown to the local edge"
            )
    security: Json = config.get("SecurityHeadersConfig", {})
    custom = config.get("CustomHeadersConfig", {}).get("Items", [])
    added = [
        SetHeader(name=name, value=value(security[kind]), override=security[kind]["Override"])
        for kind, (name, value) in SECURITY_HEADERS.items()
        if kind in security
    ]
    added += [SetHeader(name=each["Header"], value=each["Value"], override=each["Override"]) for each in custom]
    removed = config.get("RemoveHeadersConfig", {}).get("Items", [])
    return ResponseHeadersPolicy(added=tuple(added), removed=frozenset(each["Header"].lower() for each in removed))


def _transport_security(given: Json) -> str:
    parts = [f"max-age={given['AccessControlMaxAgeSec']}"]
    parts += ["includeSubDomains"] if given.get("IncludeSubdomains") else []
    parts += ["preload"] if given.get("Preload") else []
    return "; ".join(parts)


def _xss_protection(given: Json) -> str:
    parts = ["1" if given["Protection"] else "0"]
    parts += ["mode=block"] if given.get("ModeBlock") else []
    parts += [f"report={given['ReportUri']}"] if given.get("ReportUri") else []
    return "; ".join(parts)


def _error_response(given: Json) -> ErrorResponse:
    return ErrorResponse(
        caching_seconds=given.get("ErrorCachingMinTTL"),
        page=given.get("ResponsePagePath", ""),
        status=int(given.get("ResponseCode") or given["ErrorCode"]),
    )


SECURITY_HEADERS: dict[str, tuple[str, Callable[[Json], str]]] = {
    "ContentSecurityPolicy": ("Content-Security-Policy", lambda given: given["ContentSecurityPolicy"]),
    "ContentTypeOptions": ("X-Content-Type-Options", lambda _given: "nosniff"),
    "FrameOptions": ("X-Frame-Options", lambda given: given["FrameOption"]),
    "ReferrerPolicy": ("Referrer-Policy", lambda given: given["ReferrerPolicy"]),
    "StrictTransportSecurity": ("Strict-Transport-Security", _transport_security),
    "XSSProtection": ("X-XSS-Protection", _xss_protection),
}
"""What a response headers policy names, the header that it means, and how its value is made."""
