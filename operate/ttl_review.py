"""`make ttl-review`: what the edge's logs say of the TTLs, as Markdown, a page with pictures, and JSON.

LOGS is a folder of logs, here or in a bucket (s3://…), Parquet or legacy gzip files; without it the logs of STAGE are
asked for by Athena. EDITS is a file that says when objects were edited (see operate/edits.py). PROBE=yes asks STAGE's
site for the public ones of the popular paths, for what no log says (see lambda/ttl_review/probes.py).
"""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from operate import site, stage, synthesized
from operate.command import InputError, StageError, run, say
from operate.edits import read as of_file
from operate.fetched_logs import here
from stacks.config import STAGES, StageConfig
from stacks.config_edge import EDGE_REGION
from ttl_review.athena import AthenaEngine
from ttl_review.days import closed
from ttl_review.deployed import Deployed, UnknownPolicyError, read
from ttl_review.engine import Engine, QueryError
from ttl_review.files import FilesEngine
from ttl_review.markdown import markdown
from ttl_review.model import Finding, Period, Popular, TtlReview
from ttl_review.page import page
from ttl_review.picture import pictures
from ttl_review.probes import Site, probed, public
from ttl_review.reviewing import Probe, review
from ttl_review.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

OUT = "ttl-review-out"
MOST_DAYS = 400


def main() -> int:
    """Review LOGS or the logs of STAGE, the last DAYS of them, and write to OUT."""
    name, logs = stage.chosen(), os.environ.get("LOGS", "")
    out = Path(os.environ.get("OUT") or OUT)
    if out.exists() and not out.is_dir():
        raise InputError(f"OUT '{out}' is a file; name a folder")
    try:
        made = of_logs(logs, name) if logs else of_stage(name)
    except (QueryError, UnknownPolicyError) as error:
        raise StageError(error) from error
    for file in write(made, out):
        say("written", str(file))
    say("proposals", "; ".join(f"{one.policy}.{one.setting} {one.old} → {one.new}" for one in made.proposals) or "none")
    return 0


def of_logs(logs: str, name: str) -> TtlReview:
    """Review a folder here, or one in a bucket, which is read with what STAGE is reached by."""
    with here(logs, s3=lambda: stage.connect(name)("s3")) as folder:
        return of_folder(folder, name)


def of_folder(folder: Path, name: str) -> TtlReview:
    """Review a folder of logs by the policies of the working tree: all its days, or the last DAYS."""
    if not folder.is_dir():
        raise InputError(f"LOGS '{folder}' is no folder; copy the logs here, as by `aws s3 sync`")
    with FilesEngine(folder) as engine:
        whole = engine.period()
        if whole is None:
            raise InputError(f"LOGS '{folder}' has no line that can be read")
        days = _days()
        first = max(whole.first, whole.last - timedelta(days=days - 1)) if days else whole.first
        return _review(engine, Period(first=first, last=whole.last), synthesized.deployed(), name)


def of_stage(name: str) -> TtlReview:
    """Review a deployed stage by Athena: the last DAYS whose logs are complete."""
    connect = stage.connect(name)
    found = stage.outputs(name, "review", connect)
    edge = stage.outputs(name, "edge", stage.connect(name, region=EDGE_REGION))
    engine = AthenaEngine(
        athena=connect("athena"), s3=connect("s3"), workgroup=found["ReviewWorkgroup"], database=found["ReviewDatabase"]
    )
    period = closed(datetime.now(UTC), days=_days() or STAGES[name].review.period_days)
    return _review(engine, period, read(connect("cloudfront"), edge["DistributionId"], stage=name), name)


def write(made: TtlReview, out: Path) -> list[Path]:
    """Write a review in every form and return the files."""
    out.mkdir(parents=True, exist_ok=True)
    drawn = pictures(made)
    data = msgspec.json.format(msgspec.json.encode(made), indent=2)
    texts = {"review.md": markdown(made, drawn), "review.html": page(made, drawn), "review.json": f"{data.decode()}\n"}
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    for picture in drawn:
        (out / picture.filename).write_bytes(picture.png)
    return [out / name for name in (*texts, *(picture.filename for picture in drawn))]


def settings_of(config: StageConfig) -> Settings:
    """Return what a stage's review is asked for, as its function is told."""
    given = config.review
    named: Mapping[str, Any] = {
        name: dict(getattr(given, name))
        for name in ("most_stale_seconds", "origin_seconds", "origin_stale_seconds", "changes")
    }
    return Settings(period_days=given.period_days, top=given.top, least_requests=given.least_requests, **named)


def _review(engine: Engine, period: Period, deployed: Deployed, name: str) -> TtlReview:
    settings = settings_of(STAGES[name])
    if edits := os.environ.get("EDITS", ""):
        end = datetime(period.last.year, period.last.month, period.last.day, tzinfo=UTC) + timedelta(days=1)
        settings = replace(settings, edits=of_file(Path(edits), deployed.policies, until=end))
    probe = _probe(name, deployed)
    return review(engine, period, deployed, stage=name, settings=settings, progress=_progress, probe=probe)


def _probe(name: str, deployed: Deployed) -> Probe:
    """Return what asks the site about popular objects; without PROBE=yes, nobody."""
    typed = os.environ.get("PROBE", "")
    if typed not in {"", "yes"}:
        raise InputError(f"PROBE '{typed}' is not yes, which asks the site for its popular paths")
    if not typed:
        return lambda _: ()
    reached = site.find(name)
    ask = Site(reached.url, ca_file=reached.ca_file)

    def probe(popular: "Iterable[Popular]") -> "Iterator[Finding]":
        chosen = [*public(popular, deployed.policies)]
        say("probe", f"{len(chosen)} paths of {reached.url}")
        return probed(ask, chosen)

    return probe


def _progress(text: str) -> None:
    say("review", text)


def _days() -> int:
    typed = os.environ.get("DAYS", "")
    if typed and not (re.fullmatch(r"\d{1,3}", typed) and 0 < int(typed) <= MOST_DAYS):
        raise InputError(f"DAYS '{typed}' is not a number from 1 to {MOST_DAYS}")
    return int(typed or 0)


if __name__ == "__main__":
    run("ttl-review", main)
