"""The JSON of a review, for machines."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec

from tests.ttl_reviews import EMPTY, EXAMPLE
from ttl_review.model import TtlReview, schema

PUBLISHED = Path(__file__).parents[3] / "docs" / "ttl-review.schema.json"


def test_the_published_schema_is_that_of_the_code() -> None:
    # Its defaults are tuples in Python.
    of_code = json.loads(json.dumps(schema()))
    assert json.loads(PUBLISHED.read_text()) == of_code, "docs/ttl-review.schema.json is out of date; run: make schema"


def test_reviews_are_what_the_schema_says_and_can_be_read_back() -> None:
    validator: Any = jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text()))
    for review in (EXAMPLE, EMPTY):
        written = msgspec.json.encode(review)
        assert validator.is_valid(json.loads(written))
        assert msgspec.json.decode(written, type=TtlReview) == review
    assert not validator.is_valid({"version": 2})
