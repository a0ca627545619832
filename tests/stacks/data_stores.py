"""Network and Data stack of any setting, as the app would define them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks

from stacks.config import STAGES, StageConfig
from stacks.config_data import CacheConfig
from stacks.data import DataStack
from stacks.network import NetworkStack
from tests.stacks.synthesis import Synthesized, new_app


def with_redis_oss() -> StageConfig:
    """Redis OSS for the cache and, apart, for sessions."""
    return replace(
        STAGES["dev"],
        cache=CacheConfig(engine="redis", engine_version="7.1"),
        sessions=CacheConfig(engine="redis", engine_version="7.0", eviction_policy="noeviction"),
    )


def with_memcached() -> StageConfig:
    """Memcached for the cache, Valkey for sessions."""
    return replace(
        STAGES["dev"],
        cache=CacheConfig(engine="memcached", engine_version="1.6.22"),
        sessions=CacheConfig(eviction_policy="noeviction"),
    )


@cache
def synthesize(config: StageConfig) -> Synthesized:
    app = new_app()
    network = NetworkStack(app, "Network", config=config)
    DataStack(app, "Data", config=config, network=network)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return Synthesized(Path(app.synth().directory))
