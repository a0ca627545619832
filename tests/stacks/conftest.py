"""The templates under test, once for each stage that runs on AWS."""

import pytest

from tests.stacks.synthesis import Synthesized, Template, synthesize


@pytest.fixture(scope="session", params=["dev", "prod"])
def stage(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def synthesized(stage: str) -> Synthesized:
    return synthesize(stage)


@pytest.fixture(scope="session")
def mail(synthesized: Synthesized) -> Template:
    return synthesized.template("Mail")


@pytest.fixture(scope="session")
def alarms(synthesized: Synthesized) -> Template:
    return synthesized.template("Alarms")


@pytest.fixture(scope="session")
def network(synthesized: Synthesized) -> Template:
    return synthesized.template("Network")


@pytest.fixture(scope="session")
def data(synthesized: Synthesized) -> Template:
    return synthesized.template("Data")


@pytest.fixture(scope="session")
def web(synthesized: Synthesized) -> Template:
    return synthesized.template("Web")


@pytest.fixture(scope="session")
def edge(synthesized: Synthesized) -> Template:
    return synthesized.template("Edge")


@pytest.fixture(scope="session")
def review(synthesized: Synthesized) -> Template:
    return synthesized.template("Review")
