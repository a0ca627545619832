"""What CloudFront shows a load balancer on the internet, so that it lets in nothing but this stage's distribution."""

from aws_cdk import SecretValue
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.config import StageConfig
from stacks.config_edge import EDGE_REGION
from stacks.findings import acknowledge

HEADER = "X-Edgepost-Origin"
LETTERS = 64


class OriginSecrets(Construct):
    """The present secret and the one before it, each kept at home and copied to the region of the edge.

    They are numbered secrets and not versions of one: CloudFormation reads a secret again only where the template that
    refers to it changes, and a first version has none before it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        number = config.edge.origin_secret
        self.secrets = [self._secret(config, each) for each in range(max(1, number - 1), number + 1)]
        self.values = [origin_secret(config, each) for each in range(max(1, number - 1), number + 1)]

    def _secret(self, config: StageConfig, number: int) -> secretsmanager.Secret:
        copied = [secretsmanager.ReplicaRegion(region=EDGE_REGION)] if config.region != EDGE_REGION else []
        secret = secretsmanager.Secret(
            self,
            f"Secret{number}",
            # Named, since a secret's copy has no other name that another region knows.
            secret_name=secret_name(config, number),
            description="what CloudFront shows the load balancer of Edgepost",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=LETTERS, exclude_punctuation=True
            ),
            replica_regions=copied,
        )
        acknowledge(
            secret,
            "SMG4",
            reason="a rotation has to reach CloudFront and the load balancer too, which a deploy with the next "
            "origin_secret does in the right order",
        )
        return secret


def secret_name(config: StageConfig, number: int) -> str:
    """Return a secret's name, in either region."""
    return f"edgepost-{config.name}-origin-{number}"


def origin_secret(config: StageConfig, number: int) -> str:
    """Return a reference to a secret's value, which CloudFormation resolves: the value stands in no template."""
    return SecretValue.secrets_manager(secret_name(config, number)).unsafe_unwrap()
