"""Templates with caches and a database, and how their clients enter them."""

from typing import Any

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.cloud import Cloud
from local.servers.authority import CA_FILE
from tests.cloud_parts import put_stack

TOKEN = "any-token"
READER = "on ~shown:* -@all +get +set"

USERS: dict[str, Any] = {
    "Reader": {
        "Type": "AWS::ElastiCache::User",
        "Properties": {
            "Engine": "valkey",
            "UserId": "shop-reader",
            "UserName": "shop-reader",
            "AccessString": READER,
            "AuthenticationMode": {"Type": "iam"},
        },
    },
    "Leaver": {
        "Type": "AWS::ElastiCache::User",
        "Properties": {
            "Engine": "valkey",
            "UserId": "shop-leaver",
            "UserName": "shop-leaver",
            "AccessString": READER,
            "AuthenticationMode": {"Type": "iam"},
        },
    },
    "Readers": {
        "Type": "AWS::ElastiCache::UserGroup",
        "Properties": {"Engine": "valkey", "UserGroupId": "shop", "UserIds": [{"Ref": "Reader"}, {"Ref": "Leaver"}]},
    },
}
REDIS: dict[str, Any] = USERS | {
    "Parameters": {
        "Type": "AWS::ElastiCache::ParameterGroup",
        "Properties": {
            "CacheParameterGroupFamily": "valkey8",
            "Description": "shop",
            "Properties": {"maxmemory-policy": "volatile-ttl"},
        },
    },
    "Group": {
        "Type": "AWS::ElastiCache::ReplicationGroup",
        "Properties": {
            "ReplicationGroupDescription": "shop",
            "Engine": "valkey",
            "EngineVersion": "8.2",
            "CacheNodeType": "cache.t4g.micro",
            "NumCacheClusters": 2,
            "AutomaticFailoverEnabled": True,
            "CacheParameterGroupName": {"Ref": "Parameters"},
            "UserGroupIds": [{"Ref": "Readers"}],
            "TransitEncryptionEnabled": True,
        },
    },
}
DATABASE: dict[str, Any] = {
    "Cluster": {
        "Type": "AWS::RDS::DBCluster",
        "Properties": {
            "Engine": "aurora-postgresql",
            "EngineVersion": "17.5",
            "DatabaseName": "shelf",
            "MasterUsername": "keeper",
            "MasterUserAuthenticationType": "iam-db-auth",
            "EnableIAMDatabaseAuthentication": True,
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 0, "MaxCapacity": 1},
        },
    },
    "Writer": {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {
            "Engine": "aurora-postgresql",
            "DBClusterIdentifier": {"Ref": "Cluster"},
            "DBInstanceClass": "db.serverless",
        },
    },
}
MEMCACHED: dict[str, Any] = {
    "Cluster": {
        "Type": "AWS::ElastiCache::CacheCluster",
        "Properties": {
            "Engine": "memcached",
            "CacheNodeType": "cache.t4g.micro",
            "NumCacheNodes": 1,
            "TransitEncryptionEnabled": True,
        },
    }
}


def redis_of(name: str) -> dict[str, Any]:
    """The same replication group beside others: with users and a user group of its own."""
    return REDIS | {
        "Reader": changed(REDIS["Reader"], UserId=name, UserName=name),
        "Leaver": changed(REDIS["Leaver"], UserId=f"{name}-too", UserName=f"{name}-too"),
        "Readers": changed(REDIS["Readers"], UserGroupId=name),
    }


def changed(resource: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return resource | {"Properties": resource["Properties"] | properties}


class Stack:
    """A stack of the embedded cloud, made from resources, and where one of them is reached."""

    def __init__(self, cloud: Cloud, name: str, resources: dict[str, Any], *endpoint: str) -> None:
        self.cloud, self.name, self.endpoint = cloud, name, endpoint
        self.values = self._put("create", resources)

    def update(self, resources: dict[str, Any]) -> None:
        self.values = self._put("update", resources)

    def delete(self) -> None:
        self.cloud.client("cloudformation").delete_stack(StackName=self.name)

    def _put(self, verb: str, resources: dict[str, Any]) -> dict[str, str]:
        resource, attribute = self.endpoint
        outputs = {
            name: {"Value": {"Fn::GetAtt": [resource, f"{attribute}.{part}"]}}
            for name, part in (("Host", "Address"), ("Port", "Port"))
        }
        return put_stack(self.cloud, verb, self.name, {"Resources": resources, "Outputs": outputs})


def redis_client(stack: Stack, user: str = "shop-reader") -> redis.Redis:
    return redis.Redis(
        host=stack.values["Host"],
        port=int(stack.values["Port"]),
        ssl=True,
        ssl_ca_certs=str(CA_FILE),
        username=user,
        password=TOKEN,
        retry=Retry(NoBackoff(), 0),
    )


def sign_in(stack: Stack) -> "psycopg.Connection[Any]":
    return psycopg.connect(
        host=stack.values["Host"],
        port=stack.values["Port"],
        dbname="shelf",
        user="keeper",
        password=TOKEN,
        sslmode="verify-full",
        sslrootcert=str(CA_FILE),
    )
