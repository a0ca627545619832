"""The policies of stacks/ttl.py as a review has them, without the seconds that a synthesis takes."""

from stacks.ttl import ERROR_SECONDS, policies_by_path
from ttl_review.deployed import Behaviour, Deployed
from ttl_review.model import Policy


def of_tree() -> Deployed:
    """Return them, but for the Host in the key and what is forwarded beside it."""
    behaviours = [
        Behaviour(
            policy=Policy(
                name=policy.name,
                pattern=pattern,
                min_seconds=policy.min_seconds,
                default_seconds=policy.default_seconds,
                max_seconds=policy.max_seconds,
                query_strings=None if policy.query_strings == ("*",) else policy.query_strings,
                headers=policy.headers,
                cookies=policy.cookies,
            ),
            compresses=policy.keeps,
        )
        for pattern, policy in policies_by_path().items()
    ]
    return Deployed(behaviours=tuple(behaviours), error_seconds=dict(ERROR_SECONDS))
