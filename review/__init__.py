"""The review of a change by its synthesized templates, for who approves it; offline and without an account."""
