"""cfn-lint, loaded with all its rules: most of what linting costs. Each process that lints begins as a copy of this."""

import gc
from collections.abc import Iterator

from cfnlint.config import ConfigMixIn, ManualArgs  # pyright: ignore[reportMissingTypeStubs]
from cfnlint.decode.decode import decode_str  # pyright: ignore[reportMissingTypeStubs]
from cfnlint.runner import Runner, run_template_by_data  # pyright: ignore[reportMissingTypeStubs]

# W3005: the library makes each function wait for its role, which naming the role does already.
IGNORED = ["W3005"]


def found(region: str, text: str) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Yield the rule, severity, message and path of each finding in the text of a template, as plain strings."""
    body, errors = decode_str(text)
    for match in errors or run_template_by_data(body or {}, _config(region), RULES):
        path = getattr(match, "path", None) or ()
        yield match.rule.id, match.rule.severity, str(match.message), tuple(map(str, path))


def _config(region: str) -> ConfigMixIn:
    return ConfigMixIn(**ManualArgs(regions=[region], ignore_checks=IGNORED))  # pyright: ignore[reportArgumentType]


RULES = Runner(_config("us-east-1")).rules
# What is loaded stays: without it, the garbage collector has a tenth less to do.
gc.freeze()
