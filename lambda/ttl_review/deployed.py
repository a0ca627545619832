"""The policies in force, as CloudFront's API tells them."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ttl_review.model import Policy

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

Json = Mapping[str, Any]

DEFAULT_PATTERN = "*"
DAY, YEAR = 86_400, 31_536_000
# "Control how long CloudFront caches errors": where nothing is said, ten seconds.
ERROR_SECONDS = 10.0
EVERY = "every cookie"
AUTHORIZATION = "Authorization"
_SOME = frozenset({"whitelist"})
_NONE = frozenset({"none"})


class UnknownPolicyError(Exception):
    """A behaviour is told what to keep in a way that a review does not know; its text is one line."""


class Behaviour(Struct, frozen=True, kw_only=True):
    """A behaviour with all that a review asks of it."""

    policy: Policy
    compresses: bool
    """Whether it compresses, and keeps what is compressed."""
    forwards: tuple[str, ...] = ()
    """What tells one visitor from another and goes to the origin, but is not in the key: cookies, `Authorization`."""


class Deployed(Struct, frozen=True, kw_only=True):
    """A distribution as it is deployed."""

    behaviours: tuple[Behaviour, ...]
    """In the order in which CloudFront tries them; the default one is last."""
    error_seconds: Mapping[int, float]
    """How long an error is kept at least, by status, where something is said."""

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies in the same order."""
        return tuple(behaviour.policy for behaviour in self.behaviours)


def read(cloudfront: "CloudFrontClient", distribution_id: str, *, stage: str) -> Deployed:
    """Read a distribution; policies are named as in stacks/ttl.py where they are the stage's own."""
    found: Any = cloudfront.get_distribution_config(Id=distribution_id)
    config: Json = found["DistributionConfig"]
    behaviours: list[Json] = [*config.get("CacheBehaviors", {}).get("Items", []), config["DefaultCacheBehavior"]]
    cache = {policy_id: _cache_policy(cloudfront, policy_id) for policy_id in _ids(behaviours, "CachePolicyId")}
    origin = {
        policy_id: _origin_policy(cloudfront, policy_id) for policy_id in _ids(behaviours, "OriginRequestPolicyId")
    }
    errors: list[Json] = config.get("CustomErrorResponses", {}).get("Items", [])
    return Deployed(
        behaviours=tuple(_behaviour(each, cache, origin, prefix=f"edgepost-{stage}-") for each in behaviours),
        error_seconds={
            int(each["ErrorCode"]): float(each["ErrorCachingMinTTL"]) for each in errors if "ErrorCachingMinTTL" in each
        },
    )


def _ids(behaviours: Iterable[Json], kind: str) -> set[str]:
    return {each[kind] for each in behaviours if each.get(kind)}


def _cache_policy(cloudfront: "CloudFrontClient", policy_id: str) -> Json:
    found: Any = cloudfront.get_cache_policy(Id=policy_id)
    return found["CachePolicy"]["CachePolicyConfig"]


def _origin_policy(cloudfront: "CloudFrontClient", policy_id: str) -> Json:
    found: Any = cloudfront.get_origin_request_policy(Id=policy_id)
    return found["OriginRequestPolicy"]["OriginRequestPolicyConfig"]


def _behaviour(given: Json, cache: Mapping[str, Json], origin: Mapping[str, Json], *, prefix: str) -> Behaviour:
    pattern = given.get("PathPattern", DEFAULT_PATTERN)
    if not given.get("CachePolicyId"):
        raise UnknownPolicyError(f"behaviour {pattern!r} has no cache policy; give it one, as the legacy settings end")
    config = cache[given["CachePolicyId"]]
    key: Json = config["ParametersInCacheKeyAndForwardedToOrigin"]
    told: Json = origin.get(given.get("OriginRequestPolicyId", ""), {})
    policy = Policy(
        name=config["Name"].removeprefix(prefix),
        pattern=pattern,
        min_seconds=config["MinTTL"],
        # "CachePolicyConfig", Amazon CloudFront API reference: a day and a year where nothing is said.
        default_seconds=config.get("DefaultTTL", DAY),
        max_seconds=config.get("MaxTTL", YEAR),
        query_strings=_names(key, "QueryString", all_of=None),
        headers=_names(key, "Header", all_of=None) or (),
        cookies=_names(key, "Cookie", all_of=None),
    )
    encodings = key["EnableAcceptEncodingGzip"] or key.get("EnableAcceptEncodingBrotli", False)
    compresses = bool(given.get("Compress", False) and encodings)
    return Behaviour(policy=policy, compresses=compresses, forwards=_outside_key(told, policy))


def _outside_key(told: Json, policy: Policy) -> tuple[str, ...]:
    """Return what tells visitors apart, goes to the origin and is not in the key."""
    cookies = _names(told, "Cookie", all_of=(EVERY,)) or ()
    in_key = {name.lower() for name in policy.headers}
    behaviour = told.get("HeadersConfig", {}).get("HeaderBehavior", "none")
    # Authorization goes along with all headers of the viewer alone ("Control origin requests with a policy").
    headers = (AUTHORIZATION,) if behaviour.startswith("allViewer") and AUTHORIZATION.lower() not in in_key else ()
    return (*(() if policy.cookies is None else (name for name in cookies if name not in policy.cookies)), *headers)


def _names(given: Json, kind: str, *, all_of: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Read which names a policy takes; `all_of` stands for all, and for all but some."""
    config: Json = given.get(f"{kind}sConfig", {})
    behaviour = config.get(f"{kind}Behavior", "none")
    if behaviour in _NONE:
        return ()
    return tuple(config[f"{kind}s"].get("Items", [])) if behaviour in _SOME else all_of
