"""What policies find in one side: the packs of cdk-nag, cfn-lint, and the project's own rules for mail, as one list."""

from collections.abc import Collection

from review import mail_rules, nag
from review.lint import Linters
from review.model import Finding
from review.sides import Side


def findings(side: Side, linters: Linters, linted: Collection[tuple[str, str]] | None = None) -> list[Finding]:
    """Return all findings, sorted, what is acknowledged with its reason; each once.

    Where only some templates are to be linted, which takes longest, `linted` says which.
    """
    of = {place: side.templates[place] for place in side.templates if linted is None or place in linted}
    found = [*nag.findings(side), *linters.findings(Side(of)), *mail_rules.findings(side)]
    once = {(finding.fingerprint, finding.acknowledged): finding for finding in found}
    return sorted(once.values(), key=lambda finding: finding.order)
