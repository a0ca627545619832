"""Real servers behind what ElastiCache and Aurora are in the emulator: each resource has one of its own."""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from local.emulator import ministack_data, ministack_failover
from local.emulator.cloudformation import after
from local.emulator.ministack import Json
from local.servers.front import HOST
from local.servers.memcached import Memcached
from local.servers.postgres import Postgres
from local.servers.server import Server, ServerError
from local.servers.valkey import Valkey

S = TypeVar("S", bound=Server)
FAILOVER_SECONDS = 3.0
"""How long a replication group is away in a failover, long enough to be noticed; ElastiCache names no figure."""


@dataclass
class DataStores:
    """The running servers by the ARN of what they stand for."""

    servers: dict[str, Server] = field(default_factory=dict[str, Server])
    lock: threading.RLock = field(default_factory=threading.RLock)
    """CloudFormation makes caches in threads of their own."""

    def install(self) -> None:
        """Follow what is made, changed and deleted."""
        ministack_data.take_authentication_mode()
        ministack_data.describe_configuration_endpoints()
        ministack_data.after_elasticache(self._follow_caches)
        ministack_failover.add_test_failover(self._fail_over)
        after("AWS::RDS::DBCluster", self._database_cluster)
        ministack_data.after_database_deletion(self._close_deleted)
        ministack_data.add_point_in_time_restore(self._restore)

    def _follow_caches(self) -> str:
        """Bring the servers to what the caches' records say now; return what is wrong."""
        try:
            with self.lock:
                self._close_deleted()
                for cluster in ministack_data.memcached_clusters():
                    memcached = self._server(cluster["CacheClusterArn"], Memcached.start)
                    ministack_data.lead_cache_cluster(cluster, HOST, memcached.port)
                for group in ministack_data.replication_groups():
                    valkey = self._server(group["ARN"], Valkey.start)
                    valkey.set_parameters(ministack_data.parameters_of(group))
                    valkey.set_users(ministack_data.users_of(group))
                    ministack_data.lead_replication_group(group, HOST, valkey.port)
        except ServerError as reason:
            return str(reason)
        return ""

    def _fail_over(self, arn: str) -> None:
        """Let a replication group be away as while a replica takes over; one server stands for all its nodes."""
        with self.lock:
            cast("Valkey", self.servers[arn]).fail_over(seconds=FAILOVER_SECONDS)

    def _database_cluster(self, name: str, properties: Json, _attributes: Json) -> Json:
        if properties.get("MasterUserAuthenticationType") != "iam-db-auth":
            raise ServerError(
                f"master user of {name} would have a password; set MasterUserAuthenticationType: iam-db-auth"
            )
        cluster = ministack_data.database_cluster(name)
        with self.lock:
            self._close_deleted()
            is_new = cluster["DBClusterArn"] not in self.servers
            postgres = self._server(cluster["DBClusterArn"], Postgres.start)
            if is_new:
                postgres.create_cluster(master=cluster["MasterUsername"], database=cluster["DatabaseName"])
        return ministack_data.lead_database_cluster(cluster, HOST, postgres.port)

    def _restore(self, source: str, cluster: Json) -> None:
        """Bring a copy of a database to where a cluster leads; it is as now, since nothing keeps what was before."""
        folder = _folder(cluster["DBClusterArn"])
        postgres = cast("Postgres", self.servers[source]).copy(folder)
        with self.lock:
            self.servers[cluster["DBClusterArn"]] = postgres
        ministack_data.lead_database_cluster(cluster, HOST, postgres.port)

    def _server(self, arn: str, start: Callable[[Path], S]) -> S:
        """Return what runs for a resource, started at the first call."""
        if arn not in self.servers:
            self.servers[arn] = start(_folder(arn))
        return cast("S", self.servers[arn])

    def _close_deleted(self) -> None:
        with self.lock:
            for arn in self.servers.keys() - ministack_data.arns():
                self.servers.pop(arn).close()


def _folder(arn: str) -> Path:
    return Path(tempfile.gettempdir()) / arn.replace(":", "-")
