"""`make failover` and `make restore` of the deployed data stores, as readers of the site see it."""

import pytest

from operate import drill, failover, restore
from tests.commands import Command, commands
from tests.end_to_end.conftest import MailPath
from tests.end_to_end.site import Site


@pytest.fixture
def site(deployed: MailPath) -> Site:
    return Site(cloud=deployed.cloud)


@pytest.fixture
def command(deployed: MailPath, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.delenv("ID", raising=False)
    return commands(deployed.cloud, monkeypatch, capsys)


def test_a_failover_is_noticed_by_who_is_signed_in_and_by_no_reader_of_pages(command: Command, site: Site) -> None:
    site.redis("set", "kept", "1")
    code, lines, errors = command("failover", failover.main)
    assert (code, errors) == (0, [])
    told = {line.partition(" ")[0]: line for line in lines}
    assert told["sessions"].startswith("sessions   away for ")
    assert "(503)" in told["sessions"]
    assert told["pages"].startswith("pages      never away: ")
    was, _, now = told["primary"].removeprefix("primary    was ").partition(", is ")
    assert was != now
    assert site.redis("get", "kept") == "1"


def test_a_restore_drill_finds_the_posts_in_a_copy_and_leaves_nothing(
    command: Command, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill, "POLL", 0.2)
    rds = site.cloud.client("rds")
    before = [each["DBClusterIdentifier"] for each in rds.describe_db_clusters()["DBClusters"]]
    with site.database() as connection:
        found = connection.execute("SELECT count(*) FROM posts").fetchone()
        assert found
    code, lines, errors = command("restore", restore.main)
    assert (code, errors) == (0, [])
    assert any(line.startswith("restored ") and f", {found[0]} posts" in line for line in lines)
    assert lines[-1] == "same       as the database"
    assert [each["DBClusterIdentifier"] for each in rds.describe_db_clusters()["DBClusters"]] == before
    functions = site.cloud.client("lambda")
    role = functions.get_function_configuration(FunctionName=site.data["SchemaFunction"])["Role"].rpartition("/")[2]
    assert drill.POLICY not in site.cloud.client("iam").list_role_policies(RoleName=role)["PolicyNames"]
