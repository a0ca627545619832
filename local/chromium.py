"""Chromium without a window, as Debian packages it, which reaches nothing but this machine."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

PROGRAM = "chromium"
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    # localhost and names below it are loopback for Chromium itself; no other name is ever looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost",
)


class ChromiumError(Exception):
    """Chromium cannot be used; its text is one line."""


@contextmanager
def chromium() -> Generator[Browser]:
    """Start Chromium, and end it afterwards."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise ChromiumError(f"no program {PROGRAM}; on Debian and Ubuntu: apt install {PROGRAM}")
    with sync_playwright() as playwright:
        # Its sandbox refuses to run for root.
        browser = playwright.chromium.launch(
            executable_path=program, chromium_sandbox=os.geteuid() != 0, args=ARGUMENTS
        )
        yield browser
        browser.close()
