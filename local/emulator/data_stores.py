"""Real servers behind what ElastiCache and Aurora are in a template: each resource starts one of its own."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from local.emulator import ministack, ministack_data
from local.emulator.cloudformation import after
from local.emulator.ministack import Json
from local.servers.keeper import HOST
from local.servers.memcached import Memcached
from local.servers.postgres import Postgres
from local.servers.server import Server
from local.servers.valkey import Valkey


@dataclass
class DataStores:
    """The running servers by the physical id of what they stand for, and what decides how they run."""

    valkeys: dict[str, Valkey] = field(default_factory=dict[str, Valkey])
    others: dict[str, Server] = field(default_factory=dict[str, Server])
    parameters: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """What a parameter group sets, by its name."""
    groups: dict[str, Json] = field(default_factory=dict[str, Json])
    """The properties of each replication group."""

    def install(self) -> None:
        """Wrap the handlers of the resource types."""
        after("AWS::ElastiCache::ParameterGroup", self._parameter_group)
        after("AWS::ElastiCache::User", self._user)
        after("AWS::ElastiCache::UserGroup", self._user)
        after("AWS::ElastiCache::ReplicationGroup", self._replication_group)
        after("AWS::ElastiCache::CacheCluster", self._cache_cluster)
        after("AWS::RDS::DBCluster", self._database_cluster)
        for kind in ("ElastiCache::ReplicationGroup", "ElastiCache::CacheCluster", "RDS::DBCluster"):
            self._close_with(f"AWS::{kind}")

    def _parameter_group(self, name: str, properties: Json, attributes: Json) -> Json:
        self.parameters[name] = properties.get("Properties", {})
        self._apply()
        return attributes

    def _user(self, _name: str, _properties: Json, attributes: Json) -> Json:
        self._apply()
        return attributes

    def _replication_group(self, name: str, properties: Json, _attributes: Json) -> Json:
        if name not in self.valkeys:
            self.valkeys[name] = Valkey.start(_folder(name))
        self.groups[name] = properties
        self._apply()
        return ministack_data.lead_replication_group(name, HOST, self.valkeys[name].port)

    def _cache_cluster(self, name: str, properties: Json, attributes: Json) -> Json:
        if properties["Engine"] != "memcached":
            return attributes
        if name not in self.others:
            self.others[name] = Memcached.start(_folder(name))
        return ministack_data.lead_cache_cluster(name, HOST, self.others[name].port)

    def _database_cluster(self, name: str, properties: Json, _attributes: Json) -> Json:
        if name not in self.others:
            self.others[name] = server = Postgres.start(_folder(name))
            server.create_cluster(master=properties["MasterUsername"], database=properties["DatabaseName"])
        return ministack_data.lead_database_cluster(name, HOST, self.others[name].port)

    def _apply(self) -> None:
        """Bring every Valkey to what its parameter group and its user groups say now."""
        for name, properties in self.groups.items():
            server = self.valkeys[name]
            server.set_parameters(self.parameters.get(properties.get("CacheParameterGroupName", ""), {}))
            for group in properties.get("UserGroupIds", []):
                for user, access in ministack_data.users_of(group):
                    server.set_user(user, access)

    def _close_with(self, resource_type: str) -> None:
        """End a server when its resource is deleted."""
        handlers = ministack.resource_handlers(resource_type)
        delete = handlers["delete"]

        def deleted(name: str, properties: Json) -> object:
            result = delete(name, properties)
            self.groups.pop(name, None)
            if server := self.valkeys.pop(name, None) or self.others.pop(name, None):
                server.close()
            return result

        handlers["delete"] = deleted


def _folder(name: str) -> Path:
    return Path(tempfile.gettempdir()) / name
