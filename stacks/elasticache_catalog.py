"""What ElastiCache offers for new clusters, as its user guide said in November 2026.

Versions: "Supported engines and versions", as far as they can do what is needed here: IAM sign-in (Valkey 7.2, Redis
OSS 7.0 and later, "Authenticating with IAM") and TLS (Memcached 1.6.12 and later, "Comparing node-based Valkey,
Memcached, and Redis OSS clusters"). Families of parameter groups: "Engine specific parameters". Node types: "Supported
node types", without T2, of which no new cluster can be, and R6gd, whose data tiering is not set up here. Some regions
lack some types.
"""

# Each engine's versions, with the family of their parameter groups.
VERSIONS = {
    "valkey": {
        "7.2": "valkey7",
        "8.0": "valkey8",
        "8.1": "valkey8",
        "8.2": "valkey8",
        "9.0": "valkey9",
        "9.1": "valkey9",
    },
    "redis": {"7.0": "redis7", "7.1": "redis7"},
    "memcached": {"1.6.12": "memcached1.6", "1.6.17": "memcached1.6", "1.6.22": "memcached1.6"},
}

_BURSTABLE = ("micro", "small", "medium")
_GRAVITON = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
_INTEL_5 = ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge")
_OF_ALL_ENGINES = {
    "cache.t3": _BURSTABLE,
    "cache.t4g": _BURSTABLE,
    "cache.m4": ("large", "xlarge", "2xlarge", "4xlarge", "10xlarge"),
    "cache.m5": _INTEL_5,
    "cache.m6g": _GRAVITON,
    "cache.m7g": _GRAVITON,
    "cache.r4": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge"),
    "cache.r5": _INTEL_5,
    "cache.r6g": _GRAVITON,
    "cache.r7g": _GRAVITON,
    "cache.c7gn": _GRAVITON,
}
_NOT_OF_REDIS = {"cache.m8g": _GRAVITON, "cache.r8g": _GRAVITON, "cache.c8gn": _GRAVITON}
# Each engine's families of node types, with their sizes.
NODE_TYPES = {
    "valkey": _OF_ALL_ENGINES | _NOT_OF_REDIS,
    "redis": _OF_ALL_ENGINES,
    "memcached": _OF_ALL_ENGINES | _NOT_OF_REDIS,
}
