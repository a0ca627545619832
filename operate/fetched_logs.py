"""Logs in a bucket, copied here for as long as they are looked at."""

import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from operate.command import InputError, say

SCHEME = "s3://"
KINDS = (".parquet", ".gz")


@contextmanager
def here(logs: str, *, s3: Callable[[], Any]) -> Generator[Path]:
    """Yield the folder that LOGS names, or a copy of a bucket's logs below one beginning: `s3://bucket/beginning`."""
    if not logs.startswith(SCHEME):
        yield Path(logs)
        return
    bucket, _, prefix = logs.removeprefix(SCHEME).partition("/")
    with tempfile.TemporaryDirectory(prefix="ttl-review-") as folder:
        files = _copy(s3(), bucket, prefix, Path(folder))
        if not files:
            raise InputError(f"LOGS '{logs}' has no file that ends in {' or '.join(KINDS)}")
        say("copied", f"{files} files from {logs}")
        yield Path(folder)


def _copy(s3: Any, bucket: str, prefix: str, folder: Path) -> int:  # noqa: ANN401 (boto3 makes the class)
    """Copy all logs, with the folders that their days stand in, and return how many there are."""
    files = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            target = (folder / found["Key"]).resolve()
            # A key is a stranger's text: it must not lead out of the folder.
            if not found["Key"].endswith(KINDS) or not target.is_relative_to(folder.resolve()):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, found["Key"], str(target))
            files += 1
    return files
