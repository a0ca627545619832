"""A post's name in its address, made from its title: letters and digits of any script, in lower case, and hyphens."""

import unicodedata

LONGEST = 60
"""Characters of a slug, before a number makes it unique."""


def slug_of(title: str) -> str:
    """Return the slug of a title; `post` where the title has neither letters nor digits."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
    # Marks belong to their letters: without them Hindi or Thai words would fall apart.
    words = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded).split()
    return "-".join(words)[:LONGEST].strip("-") or "post"
