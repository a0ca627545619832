"""What can be reached that could not: from the internet, or past what guards it."""

from collections.abc import Callable, Iterator
from typing import Any

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.encryption import behaviours
from review.risks.settings import Setting, dropped, off, weakened
from review.risks.values import Named, at, functions, listed, on, text

PUBLIC = "public-access"
GUARD = "protection-weakened"
BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
EVERYWHERE = {"0.0.0.0/0", "::/0"}
WAYS_OUT = ("GatewayId", "NatGatewayId", "EgressOnlyInternetGatewayId")
BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
HIGH, CRITICAL, MEDIUM = Severity.HIGH, Severity.CRITICAL, Severity.MEDIUM


def _let_in(before: object, after: object) -> bool:
    """A bucket is made with everything blocked; only a setting that is taken out of a template later is off."""
    return on(True if before is None else before) and not on(after)


SETTINGS = [
    *(
        Setting(PUBLIC, HIGH, "AWS::S3::Bucket", ["PublicAccessBlockConfiguration", name], _let_in,
                f"the bucket no longer keeps the public out: {name} is off")
        for name in BLOCKS
    ),
    Setting(GUARD, HIGH, "AWS::CloudFront::Distribution", ["DistributionConfig", "WebACLId"], dropped,
            "no web ACL looks at requests any longer"),
    Setting(GUARD, MEDIUM, "AWS::CloudFront::Distribution", ["DistributionConfig", "Restrictions", "GeoRestriction"],
            dropped, "requests of all countries are let through"),
    Setting(GUARD, MEDIUM, BALANCER,
            ["LoadBalancerAttributes", Named("routing.http.drop_invalid_header_fields.enabled")], off(),
            "the load balancer lets invalid headers through"),
]  # fmt: skip


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find what is exposed and was not; what is new may be exposed too."""
    yield from weakened(comparison, SETTINGS)
    for pair in comparison.changed:
        if pair.kind in EXPOSURES and pair.after:
            before = EXPOSURES[pair.kind](pair.old) if pair.before else {}
            for title, key in EXPOSURES[pair.kind](pair.new).items():
                if title not in before:
                    severity = CRITICAL if pair.kind in OPEN_TO_ALL else HIGH
                    yield pair.finding(PUBLIC, severity, title, pair.old.get(key), pair.new.get(key))
        if pair.kind in GUARDS and pair.stays:
            yield from GUARDS[pair.kind](pair)


OPEN_TO_ALL = {"AWS::Lambda::Url", "AWS::RDS::DBInstance", "AWS::S3::Bucket"}

Exposure = Callable[[dict[str, Any]], dict[str, str]]
"""How a resource with these properties is exposed: a sentence each, and the property that makes it so."""


def _balancer(properties: dict[str, Any]) -> dict[str, str]:
    """One that does not say is on the internet ("AWS::ElasticLoadBalancingV2::LoadBalancer", property Scheme)."""
    exposed = properties.get("Scheme") in (None, "internet-facing")
    return {"the load balancer is internet-facing": "Scheme"} if exposed else {}


def _database(properties: dict[str, Any]) -> dict[str, str]:
    exposed = on(properties.get("PubliclyAccessible"))
    return {"the database has a public address": "PubliclyAccessible"} if exposed else {}


def _subnet(properties: dict[str, Any]) -> dict[str, str]:
    exposed = on(properties.get("MapPublicIpOnLaunch"))
    return {"what starts in the subnet has a public address": "MapPublicIpOnLaunch"} if exposed else {}


def _url(properties: dict[str, Any]) -> dict[str, str]:
    exposed = properties.get("AuthType") == "NONE"
    return {"anybody can invoke the function by its URL": "AuthType"} if exposed else {}


def _bucket(properties: dict[str, Any]) -> dict[str, str]:
    exposed = str(properties.get("AccessControl", "")).startswith(("Public", "AuthenticatedRead"))
    by_acl = {"an ACL opens the bucket to the public": "AccessControl"} if exposed else {}
    website = {"the bucket is a website": "WebsiteConfiguration"} if properties.get("WebsiteConfiguration") else {}
    return by_acl | website


def _route(properties: dict[str, Any]) -> dict[str, str]:
    to = {text(properties.get(key)) for key in ("DestinationCidrBlock", "DestinationIpv6CidrBlock")}
    way = next((key for key in WAYS_OUT if key in properties), None)
    return {"the subnet has a route to the internet": way} if way and to & EVERYWHERE else {}


def _distribution(properties: dict[str, Any]) -> dict[str, str]:
    """A custom origin is reached over the internet, so that others may reach it too."""
    found = listed(at(properties, "DistributionConfig", "Origins"))
    exposed = [text(at(one, "Id")) for one in found if at(one, "CustomOriginConfig") is not None]
    return {f"the origin {name} is reached over the internet": "" for name in exposed}


EXPOSURES: dict[str, Exposure] = {
    "AWS::CloudFront::Distribution": _distribution,
    "AWS::EC2::Route": _route,
    "AWS::EC2::Subnet": _subnet,
    BALANCER: _balancer,
    "AWS::Lambda::Url": _url,
    "AWS::RDS::DBInstance": _database,
    "AWS::S3::Bucket": _bucket,
}


def _web_acl(pair: Pair) -> Iterator[Finding]:
    """Rules that are gone, only count, or leave more requests alone than before."""
    old, new = (
        {str(at(rule, "Name")): rule for rule in listed(properties.get("Rules"))} for properties in (pair.old, pair.new)
    )
    for name in sorted(old):
        if name not in new:
            yield pair.finding(GUARD, HIGH, f"the web ACL has no rule {name} any longer", old[name])
        elif _counts(new[name]) > _counts(old[name]):
            yield pair.finding(
                GUARD, HIGH, f"the rule {name} of the web ACL only counts, where it did more", old[name], new[name]
            )
        elif _limit(new[name]) > _limit(old[name]):
            yield pair.finding(
                GUARD, MEDIUM, f"the rule {name} of the web ACL lets more requests through", old[name], new[name]
            )


def _counts(rule: object) -> int:
    """How many actions of a rule only count: its own and those it overrides."""
    return sum(key == "Count" for key, _ in functions(rule))


def _limit(rule: object) -> float:
    limit = at(rule, "Statement", "RateBasedStatement", "Limit")
    return float(limit) if isinstance(limit, int | float | str) else 0


def _guarded_rule(pair: Pair) -> Iterator[Finding]:
    """A listener's rule that asks for less: a header that only CloudFront knows, or a source address."""
    old, new = ([text(one) for one in listed(properties.get("Conditions"))] for properties in (pair.old, pair.new))
    fields = [{at(one, "Field") for one in listed(properties.get("Conditions"))} for properties in (pair.old, pair.new)]
    gone = sorted(map(str, fields[0] - fields[1]))
    if gone:
        yield pair.finding(GUARD, HIGH, f"requests are answered without a condition on {', '.join(gone)}", old, new)


def _answers(pair: Pair) -> Iterator[Finding]:
    """A listener that turned away what no rule takes, and now answers it."""
    old, new = (
        [at(one, "Type") for one in listed(properties.get("DefaultActions"))] for properties in (pair.old, pair.new)
    )
    if "fixed-response" in old and "forward" in new:
        yield pair.finding(GUARD, HIGH, "what no rule takes is answered, where it was turned away", old, new)


def _methods(pair: Pair) -> Iterator[Finding]:
    """A function at the edge that no longer looks at requests, and signed addresses that are no longer asked for."""
    old, new = behaviours(pair.old), behaviours(pair.new)
    for name in sorted(old.keys() & new.keys()):
        for key in ("FunctionAssociations", "LambdaFunctionAssociations", "TrustedKeyGroups"):
            if dropped(at(old[name], key), at(new[name], key)):
                yield pair.finding(GUARD, MEDIUM, f"{key} of {name} are gone", at(old[name], key))


GUARDS: dict[str, Callable[[Pair], Iterator[Finding]]] = {
    "AWS::CloudFront::Distribution": _methods,
    "AWS::ElasticLoadBalancingV2::Listener": _answers,
    "AWS::ElasticLoadBalancingV2::ListenerRule": _guarded_rule,
    "AWS::WAFv2::WebACL": _web_acl,
}
