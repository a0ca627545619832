"""Lines of the edge's access log in the stage's bucket, found by the id of a request."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from operate import stage
from operate.steps import Step
from stacks.config_edge import EDGE_REGION
from stacks.edge_logs import FOLDER

HOUR_MS = 3_600_000
LOOKED_AT = """
    SELECT timestamp_ms::BIGINT, cs_method, cs_uri_stem, sc_status, x_edge_result_type, x_edge_location,
        x_edge_request_id
    FROM read_parquet(?, union_by_name = true, hive_partitioning = false)
    WHERE list_contains(?, rtrim(x_edge_request_id, '='))
"""


@dataclass(frozen=True, kw_only=True)
class EdgeLines:
    """The access log of a stage's distribution."""

    s3: Any
    bucket: str
    distribution: str

    @classmethod
    def of(cls, name: str) -> "EdgeLines":
        """Find the log of a deployed stage."""
        edge = stage.outputs(name, "edge", stage.connect(name, region=EDGE_REGION))
        home = stage.connect(name)
        return cls(
            s3=home("s3"),
            bucket=stage.outputs(name, "web", home)["CdnLogBucket"],
            distribution=edge["DistributionId"],
        )

    def of_requests(self, ids: Iterable[str], *, around: Iterable[int]) -> Iterator[Step]:
        """Yield the lines of requests with these ids, looked for in the hours around moments (epoch milliseconds)."""
        wanted = list(ids)
        hours = {(moment // HOUR_MS + step) * HOUR_MS for moment in around for step in (-1, 0, 1)}
        with tempfile.TemporaryDirectory(prefix="follow-") as folder:
            files = [file for hour in sorted(hours) for file in self._copied(hour, Path(folder))]
            if not files:
                return
            with duckdb.connect() as database:
                rows = database.execute(LOOKED_AT, [files, wanted]).fetchall()
        for at, *told, id_ in rows:
            yield Step(at, "edge", f"{' '.join(map(str, told))}  x-edge-request-id: {id_}")

    def _copied(self, hour: int, folder: Path) -> Iterator[str]:
        """Copy the files of an hour and yield where they are."""
        moment = datetime.fromtimestamp(hour / 1000, UTC)
        place = f"year={moment:%Y}/month={moment:%m}/day={moment:%d}/hour={moment:%H}"
        prefix = f"{FOLDER}/distributionid={self.distribution}/{place}/"
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for number, found in enumerate(each for page in pages for each in page.get("Contents", [])):
            file = folder / f"{hour}-{number}.parquet"
            self.s3.download_file(self.bucket, found["Key"], str(file))
            yield str(file)
