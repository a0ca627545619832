"""Who may enter Redis, and what they may do there; nobody has a password."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_elasticache as elasticache
from constructs import Construct

# What each user may do, in the language of "ACL" (valkey.io).
ACCESS = {
    # Just the keys and commands that the blog uses.
    "blog": "on ~cache:* ~session:* ~link:* ~tries:* -@all +get +set +getdel +getex +del +expire +incr +eval +ping",
    # For people: all data, but nothing that stops or reconfigures a server, empties it or waits. `keys` and `info`
    # count as dangerous for being slow or telling much, which is why a person asks for them.
    "console": "on ~* -@all +@read +@write +@connection -@blocking -@dangerous +keys +info",
}


class RedisUsers(Construct):
    """A group of users that sign in by IAM, for every replication group of the stage.

    A user's id is its name, and unique in the account and region ("Authenticating with IAM", ElastiCache user guide).
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: str, engine: str) -> None:
        super().__init__(scope, construct_id)
        self.names = {user: f"edgepost-{stage}-{user}" for user in ACCESS}
        users = [
            elasticache.CfnUser(
                self,
                user.capitalize(),
                engine=engine,
                user_id=self.names[user],
                user_name=self.names[user],
                access_string=access,
                authentication_mode={"Type": "iam"},
            )
            for user, access in ACCESS.items()
        ]
        if engine == "redis":
            users.append(self._nobody(stage))
        self.group = elasticache.CfnUserGroup(
            self, "Group", engine=engine, user_group_id=f"edgepost-{stage}", user_ids=[user.ref for user in users]
        )

    def arn(self, user: str) -> str:
        """Tell the user as IAM names it."""
        return Stack.of(self).format_arn(
            service="elasticache",
            resource="user",
            resource_name=self.names[user],
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _nobody(self, stage: str) -> elasticache.CfnUser:
        """Define the user named `default`, without which Redis OSS takes no group; who connects is it, and may nothing.

        Valkey turns its own off instead ("Role-Based Access Control", ElastiCache user guide).
        """
        return elasticache.CfnUser(
            self,
            "Nobody",
            engine="redis",
            user_id=f"edgepost-{stage}-nobody",
            user_name="default",
            access_string="off -@all",
            authentication_mode={"Type": "no-password-required"},
        )
