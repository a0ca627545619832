"""Templates of dev and prod as committed, so that every change shows in review; `make snapshots` rewrites them."""

from tests.stacks.synthesis import ROOT, STACKS, synthesize

FOLDER = ROOT / "tests" / "snapshots"
SNAPSHOTS = {(stage, stack): FOLDER / f"{stage}.{stack}.json" for stage in ("dev", "prod") for stack in STACKS}


def main() -> None:
    for (stage, stack), file in SNAPSHOTS.items():
        file.write_text(synthesize(stage).template(stack).normalised)


if __name__ == "__main__":
    main()
