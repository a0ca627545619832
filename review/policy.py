"""What policies find in one side: the packs of cdk-nag, cfn-lint, and the project's own rules for mail, as one list."""

from review import mail_rules, nag
from review.lint import Linters
from review.model import Finding
from review.sides import Side


def findings(side: Side, linters: Linters) -> list[Finding]:
    """Return all findings, sorted, what is acknowledged with its reason; each once."""
    found = [*nag.findings(side), *linters.findings(side), *mail_rules.findings(side)]
    once = {(finding.fingerprint, finding.acknowledged): finding for finding in found}
    return sorted(once.values(), key=lambda finding: finding.order)
