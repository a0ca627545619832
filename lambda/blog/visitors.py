"""Who asks, as far as limits need to know it."""

from flask import request

TRUSTED = 2
"""CloudFront adds the visitor's address to X-Forwarded-For, the load balancer adds CloudFront's; what stands before
those anybody can have made up."""


def visitor() -> str:
    """Return the network address that the request comes from; without CloudFront, what the load balancer saw."""
    addresses = request.headers.get("X-Forwarded-For", "").split(",")
    return addresses[-TRUSTED:][0].strip()
