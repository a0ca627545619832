"""Stages with settings that no stage of ours has, once for all tests."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from app import build
from stacks.config import STAGES
from stacks.config_data import CacheConfig, DatabaseConfig
from stacks.config_edge import EdgeConfig
from stacks.config_feedback import FeedbackConfig
from stacks.config_inbox import InboxConfig, Route
from stacks.config_network import NetworkConfig
from stacks.config_operation import OperationConfig
from stacks.config_review import ReviewConfig, Seconds
from tests.stacks.synthesis import Synthesized, new_app

IN_US_EAST_1 = NetworkConfig(zones=("use1-az1", "use1-az2"), s3_prefix_list="pl-63a5400a")

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
    "public": replace(STAGES["prod"], edge=EdgeConfig(origin="public", origin_secret=3)),
    "public for the first time": replace(STAGES["prod"], edge=EdgeConfig(origin="public")),
    "at home in us-east-1": replace(STAGES["prod"], region="us-east-1", network=IN_US_EAST_1),
    "public in us-east-1": replace(
        STAGES["prod"], region="us-east-1", network=IN_US_EAST_1, edge=EdgeConfig(origin="public")
    ),
    "unwatched": replace(STAGES["dev"], operation=OperationConfig(dashboard=False)),
    "pausing": replace(STAGES["dev"], feedback=FeedbackConfig(pause_on_reputation=True, bounce_pause_percent=8)),
    "receiving": replace(
        STAGES["dev"],
        inbox=InboxConfig(
            apex=True,
            take_over=True,
            spam="drop",
            routes=(
                Route(name="hello", recipients=("hello@dev.example.com",), forward_to=("a@example.net",)),
                Route(name="new-orders", recipients=("*@in.dev.example.com",), publish=True),
            ),
        ),
    ),
    "receiving by an existing rule set": replace(STAGES["dev"], inbox=InboxConfig(existing_rule_set="theirs")),
    "count only": replace(
        STAGES["dev"],
        edge=EdgeConfig(web_acl_mode="count", rate_limit_requests=500),
        review=ReviewConfig(
            schedule="rate(1 day)",
            report_to=("a@example.com", "b@example.com"),
            period_days=1,
            most_stale_seconds=(Seconds("pages", 600),),
            origin_seconds=(),
            origin_stale_seconds=(Seconds("*", 5),),
            changes=(Seconds("/images/*", 1000), Seconds("*", 3600)),
        ),
    ),
}


@cache
def synthesize_variant(name: str) -> Synthesized:
    app = new_app()
    build(app, VARIANTS[name])
    return Synthesized(Path(app.synth().directory))
