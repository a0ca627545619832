"""The exception that a finding needs to pass, ready to be copied."""

import json

from review.exceptions import FILE
from review.model import Finding
from review.plain import escape


def offered(finding: Finding) -> str:
    """Return it as HTML; nothing for what does not gate, and for what is wrong with exceptions themselves."""
    if not finding.gates or finding.source == "gate":
        return ""
    # What JSON writes for a text, TOML reads as the same.
    keys = (("resource", finding.resource), ("rule", finding.rule))
    named = [escape(f"{key} = {json.dumps(value, ensure_ascii=False)}") for key, value in keys]
    lines = "\n".join(["[[exception]]", *named, 'reason = "…"', "expires = …"])
    return f"<details><summary>To let it pass, in {FILE}</summary><pre>{lines}</pre></details>"
