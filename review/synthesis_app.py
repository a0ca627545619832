"""Synthesize stages of a checkout: `python -P synthesis_app.py <checkout> <folder> <stage>…`, a process of its own.

Everything but this file is the checkout's own: its code, its flags, its Python. So nothing is imported from beside it.
What the packs of cdk-nag find is written to each stage's assembly and is no reason to fail.
"""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

import gc
import json
import sys
from pathlib import Path

SETTINGS: dict[str, object] = {
    # Hashes are those of sources, so a change of code shows without its bundle.
    "aws:cdk:bundling-stacks": [],
    "aws:cdk:disable-asset-staging": True,
    # Nobody reads where in the code a construct was made: a tenth of the time.
    "aws:cdk:disable-stack-trace": True,
    # As the command line has it: templates tell which construct made a resource.
    "aws:cdk:enable-path-metadata": True,
    "@aws-cdk/core:failSynthOnValidationErrors": False,
}
PACKS = ("NIST80053R5Checks", "ServerlessChecks")


def synthesize(checkout: Path, folder: Path, stages: list[str]) -> None:
    """Write the assembly of each stage, all but the local one by default, to a folder named for it."""
    import cdk_nag  # noqa: PLC0415 (of the checkout)
    from aws_cdk import App, Validations  # noqa: PLC0415

    import app as checked_out  # noqa: PLC0415
    from stacks.config import STAGES  # noqa: PLC0415

    # The process ends before there is much to collect.
    gc.disable()
    flags = json.loads((checkout / "cdk.json").read_text())["context"]
    for name in stages or [stage for stage in STAGES if stage != "local"]:
        app = App(
            context=flags | SETTINGS,
            outdir=str(folder / name),
            builtin_cloud_formation_validation=False,
            analytics_reporting=False,
            tree_metadata=False,
        )
        checked_out.build(app, STAGES[name])
        packs = [getattr(cdk_nag, pack)(app, verbose=True) for pack in PACKS]
        Validations.of(app).add_plugins(*packs)
        app.synth()


if __name__ == "__main__":
    root, target, *names = sys.argv[1:]
    sys.path.insert(0, root)
    synthesize(Path(root), Path(target), names)
