"""A bucket that only this account reaches, over TLS, and that empties itself."""

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct


def private_bucket(scope: Construct, construct_id: str, *, keep_days: int) -> s3.Bucket:
    """Define a bucket whose objects are encrypted by S3 and expire."""
    return s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=Duration.days(keep_days), abort_incomplete_multipart_upload_after=Duration.days(1)
            )
        ],
    )
