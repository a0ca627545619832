"""Encryption at rest or on the way, and who must prove who they are, weaker than before."""

import re
from collections.abc import Iterator
from typing import Any

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.settings import Setting, down, dropped, left, off, weakened
from review.risks.values import at, listed, on

REST, TRANSIT, ACCESS = "encryption-weakened", "tls-weakened", "authentication-weakened"
HIGH, CRITICAL, MEDIUM = Severity.HIGH, Severity.CRITICAL, Severity.MEDIUM
SES_TLS = ("DeliveryOptions", "TlsPolicy")
CACHE = "AWS::ElastiCache::ReplicationGroup"
KEY_GONE = "it is no longer encrypted with its own key"

# Weakest first; "Supported protocols and ciphers between viewers and CloudFront", Amazon CloudFront developer guide.
VIEWER_TLS = (
    "SSLv3",
    "TLSv1",
    "TLSv1_2016",
    "TLSv1.1_2016",
    "TLSv1.2_2018",
    "TLSv1.2_2019",
    "TLSv1.2_2021",
    "TLSv1.2_2025",
    "TLSv1.3_2025",
)
ORIGIN_TLS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2")
TO_ORIGIN = ("http-only", "match-viewer", "https-only")
OF_VIEWERS = ("allow-all", "redirect-to-https", "https-only")


def _policy(name: object) -> tuple[int, int] | None:
    """How strict a load balancer's security policy is: the least TLS version, then its ciphers.

    "Security policies for your Application Load Balancer": the name tells the version, `Res` stands for the strictest
    ciphers, `Ext` for more than usual. A name that does not tell (2016-08, FS-2018-06) allows TLS 1.0; so does no name.
    """
    if not isinstance(name, str | None):
        return None
    known = re.search(r"(?:TLS13|TLS|FS)-1-(\d)(?:-(Res|Ext))?", name or "")
    return (int(known[1]), {"Res": 2, None: 1, "Ext": 0}[known[2]]) if known else (0, 1)


def _weaker_policy(before: object, after: object) -> bool:
    old, new = _policy(before), _policy(after)
    return old is not None and new is not None and new < old


SETTINGS = [
    Setting(rule, severity, kind, path, worse, title)
    for kind, rule, severity, path, worse, title in [
        ("AWS::S3::Bucket", REST, HIGH, ["BucketEncryption"], dropped, "the bucket's own encryption is dropped"),
        ("AWS::SNS::Topic", REST, HIGH, ["KmsMasterKeyId"], dropped, "messages are no longer encrypted"),
        ("AWS::DynamoDB::Table", REST, HIGH, ["SSESpecification", "SSEEnabled"], off(), KEY_GONE),
        ("AWS::DynamoDB::Table", REST, HIGH, ["SSESpecification", "KMSMasterKeyId"], dropped, KEY_GONE),
        ("AWS::Logs::LogGroup", REST, HIGH, ["KmsKeyId"], dropped, KEY_GONE),
        ("AWS::Lambda::Function", REST, MEDIUM, ["KmsKeyArn"], dropped, KEY_GONE),
        ("AWS::SecretsManager::Secret", REST, HIGH, ["KmsKeyId"], dropped, KEY_GONE),
        ("AWS::KMS::Key", REST, HIGH, ["EnableKeyRotation"], off(), "the key is no longer rotated"),
        ("AWS::KMS::Key", REST, HIGH, ["Enabled"], off(default=True), "the key is disabled: nothing can be decrypted"),
        ("AWS::RDS::DBCluster", REST, CRITICAL, ["StorageEncrypted"], off(), "the storage is no longer encrypted"),
        ("AWS::RDS::DBCluster", REST, HIGH, ["KmsKeyId"], dropped, KEY_GONE),
        ("AWS::RDS::DBInstance", REST, CRITICAL, ["StorageEncrypted"], off(), "the storage is no longer encrypted"),
        (CACHE, REST, CRITICAL, ["AtRestEncryptionEnabled"], off(), "the cache is no longer encrypted at rest"),
        (CACHE, TRANSIT, CRITICAL, ["TransitEncryptionEnabled"], off(), "the cache no longer takes TLS"),
        (CACHE, TRANSIT, HIGH, ["TransitEncryptionMode"], left("required"), "the cache takes connections without TLS"),
        (CACHE, ACCESS, CRITICAL, ["UserGroupIds"], dropped, "the cache no longer asks who connects"),
        (CACHE, ACCESS, HIGH, ["AuthToken"], dropped, "the cache no longer asks for a token"),
        ("AWS::ElastiCache::User", ACCESS, HIGH, ["AuthenticationMode", "Type"], left("iam"),
         "the user no longer enters by IAM"),
        ("AWS::RDS::DBCluster", ACCESS, HIGH, ["EnableIAMDatabaseAuthentication"], off(),
         "the database no longer asks IAM"),
        ("AWS::RDS::DBCluster", ACCESS, HIGH, ["MasterUserAuthenticationType"], dropped,
         "the master user has a password"),
        ("AWS::RDS::DBClusterParameterGroup", TRANSIT, HIGH, ["Parameters", "rds.force_ssl"], off(default=True),
         "the database takes connections without TLS"),
        ("AWS::ElasticLoadBalancingV2::Listener", TRANSIT, HIGH, ["SslPolicy"], _weaker_policy,
         "the listener takes weaker TLS than before"),
        ("AWS::ElasticLoadBalancingV2::Listener", TRANSIT, CRITICAL, ["Protocol"], left("HTTPS", "TLS"),
         "the listener no longer takes TLS"),
        ("AWS::CloudFront::VpcOrigin", TRANSIT, HIGH, ["VpcOriginEndpointConfig", "OriginProtocolPolicy"],
         down(TO_ORIGIN), "CloudFront may speak to the origin without TLS"),
        ("AWS::CloudFront::Distribution", TRANSIT, HIGH,
         ["DistributionConfig", "ViewerCertificate", "MinimumProtocolVersion"], down(VIEWER_TLS, "TLSv1"),
         "readers may use weaker TLS than before"),
        ("AWS::CloudFront::ResponseHeadersPolicy", TRANSIT, MEDIUM,
         ["ResponseHeadersPolicyConfig", "SecurityHeadersConfig", "StrictTransportSecurity"], dropped,
         "browsers are no longer told to use TLS only"),
        ("AWS::SES::ConfigurationSet", TRANSIT, HIGH, SES_TLS, left("REQUIRE"), "mails may leave without TLS"),
        ("AWS::SES::ReceiptRule", TRANSIT, HIGH, ["Rule", "TlsPolicy"], left("Require"), "mails may come without TLS"),
    ]
]  # fmt: skip


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find settings that are weaker than before; statements that forbid plain connections are among the IAM rules."""
    yield from weakened(comparison, SETTINGS)
    for pair in comparison.changed:
        if pair.stays and pair.kind in CHECKS:
            yield from CHECKS[pair.kind](pair)


def _queue(pair: Pair) -> Iterator[Finding]:
    """A queue is encrypted with a key or, unless it says not, by SQS ("Encryption at rest in Amazon SQS")."""
    old, new = (_queue_encryption(properties) for properties in (pair.old, pair.new))
    if new < old:
        title = "messages are no longer encrypted" if not new else KEY_GONE
        yield pair.finding(REST, HIGH, title, _shown(pair.old), _shown(pair.new))


def _queue_encryption(properties: dict[str, Any]) -> int:
    if properties.get("KmsMasterKeyId"):
        return 2
    return int(on(properties.get("SqsManagedSseEnabled", True)))


def _shown(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: properties[key] for key in ("KmsMasterKeyId", "SqsManagedSseEnabled") if key in properties}


def _bucket(pair: Pair) -> Iterator[Finding]:
    """A bucket that was encrypted with a key and is now with what S3 gives everybody."""
    old, new = (
        [at(rule, "ServerSideEncryptionByDefault", "SSEAlgorithm") for rule in listed(at(properties, *ENCRYPTION))]
        for properties in (pair.old, pair.new)
    )
    if any(str(name).startswith("aws:kms") for name in old) and new and "AES256" in new:
        yield pair.finding(REST, MEDIUM, KEY_GONE, old, new)


ENCRYPTION = ("BucketEncryption", "ServerSideEncryptionConfiguration")


def _distribution(pair: Pair) -> Iterator[Finding]:
    """Behaviours and origins are lists, which are compared by what they are called."""
    checks = [
        ("ViewerProtocolPolicy", down(OF_VIEWERS), "readers may use plain HTTP for", behaviours),
        ("OriginProtocolPolicy", down(TO_ORIGIN), "CloudFront may use plain HTTP to", origins),
    ]
    for key, worse, title, of in checks:
        old, new = of(pair.old), of(pair.new)
        for name in sorted(old.keys() & new.keys()):
            before, after = at(old[name], key), at(new[name], key)
            if worse(before, after):
                yield pair.finding(TRANSIT, HIGH, f"{title} {name}", before, after)


def behaviours(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the behaviours of a distribution by their path."""
    config = at(properties, "DistributionConfig")
    others = {str(at(one, "PathPattern")): one for one in listed(at(config, "CacheBehaviors"))}
    return {"*": at(config, "DefaultCacheBehavior")} | others


def origins(properties: dict[str, Any]) -> dict[str, Any]:
    """Return how a distribution reaches each origin over the internet, by what it calls the origin."""
    found = listed(at(properties, "DistributionConfig", "Origins"))
    return {str(at(one, "Id")): at(one, "CustomOriginConfig") for one in found if at(one, "CustomOriginConfig")}


def _vpc_origin(pair: Pair) -> Iterator[Finding]:
    """CloudFront speaks the best version that both sides know, but an attacker on the way may ask for the least."""
    old, new = (
        listed(at(properties, "VpcOriginEndpointConfig", "OriginSSLProtocols")) for properties in (pair.old, pair.new)
    )
    known = [[ORIGIN_TLS.index(name) for name in names if name in ORIGIN_TLS] for names in (old, new)]
    if all(known) and min(known[1]) < min(known[0]):
        yield pair.finding(TRANSIT, HIGH, "CloudFront may speak to the origin with older TLS than before", old, new)


CHECKS = {
    "AWS::CloudFront::Distribution": _distribution,
    "AWS::CloudFront::VpcOrigin": _vpc_origin,
    "AWS::S3::Bucket": _bucket,
    "AWS::SQS::Queue": _queue,
}
