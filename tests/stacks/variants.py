"""Stages with settings that no stage of ours has, once for all tests."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from app import build
from stacks.config import STAGES
from stacks.config_data import CacheConfig, DatabaseConfig
from stacks.config_network import NetworkConfig
from tests.stacks.synthesis import Synthesized, new_app

VARIANTS = {
    "redis": replace(
        STAGES["dev"],
        cache=CacheConfig(engine="redis", engine_version="7.1"),
        sessions=CacheConfig(engine="redis", engine_version="7.0", eviction_policy="noeviction"),
    ),
    "memcached": replace(
        STAGES["dev"],
        cache=CacheConfig(engine="memcached", engine_version="1.6.22", idle_timeout_seconds=600),
        sessions=CacheConfig(engine_version="9.1", eviction_policy="noeviction"),
    ),
    "three zones": replace(
        STAGES["dev"],
        network=NetworkConfig(zones=("apne1-az1", "apne1-az4", "apne1-az3")),
        database=DatabaseConfig(min_capacity=2, max_capacity=4.5, performance_insights=True),
    ),
}


@cache
def synthesize_variant(name: str) -> Synthesized:
    app = new_app()
    build(app, VARIANTS[name])
    return Synthesized(Path(app.synth().directory))
