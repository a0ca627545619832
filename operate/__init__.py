"""What people do with a deployed Edgepost, from the command line; the Makefile is the front door to it."""

import sys
from pathlib import Path

# The functions' code is an import root and no package: what a mail request may contain is defined there.
sys.path.append(str(Path(__file__).resolve().parent.parent / "lambda"))
