from typing import Any

import pytest

from stacks.config import STAGES
from tests.stacks.synthesis import Synthesized, Template, refers_to
from tests.stacks.variants import synthesize_variant


def cluster(data: Template) -> dict[str, Any]:
    return data.one("RDS::DBCluster")


def test_the_database_is_aurora_postgresql_that_scales(data: Template, stage: str) -> None:
    config = STAGES[stage].database
    assert cluster(data)["Engine"] == "aurora-postgresql"
    assert cluster(data)["EngineVersion"] == config.engine_version
    capacity = cluster(data)["ServerlessV2ScalingConfiguration"]
    assert capacity["MinCapacity"] == config.min_capacity
    assert capacity["MaxCapacity"] == config.max_capacity


def test_dev_pauses_when_nobody_is_connected_and_prod_does_not(data: Template, stage: str) -> None:
    capacity = cluster(data)["ServerlessV2ScalingConfiguration"]
    assert capacity.get("SecondsUntilAutoPause") == {"dev": 300, "prod": None}[stage]
    assert (capacity["MinCapacity"] == 0) is (stage == "dev")


def test_no_password_exists(data: Template) -> None:
    assert cluster(data)["MasterUserAuthenticationType"] == "iam-db-auth"
    assert cluster(data)["EnableIAMDatabaseAuthentication"] is True
    assert "MasterUserPassword" not in cluster(data)
    assert "ManageMasterUserPassword" not in cluster(data)
    assert not data.all("SecretsManager::Secret")


def test_the_template_has_no_word_of_passwords(data: Template) -> None:
    assert "password" not in data.text.lower()


def test_the_database_is_encrypted_on_its_way_and_at_rest(data: Template) -> None:
    assert cluster(data)["StorageEncrypted"] is True
    assert data.one("RDS::DBClusterParameterGroup")["Parameters"]["rds.force_ssl"] == "1"
    for instance in data.all("RDS::DBInstance").values():
        assert instance["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"


def test_the_database_has_groups_of_its_own(data: Template) -> None:
    assert refers_to(cluster(data)["DBClusterParameterGroupName"]) == {*data.all("RDS::DBClusterParameterGroup")}
    assert refers_to(cluster(data)["DBSubnetGroupName"]) == {*data.all("RDS::DBSubnetGroup")}
    assert refers_to(cluster(data)["VpcSecurityGroupIds"]) == {
        data.named("DatabaseSecurityGroup", "EC2::SecurityGroup")
    }


def test_the_database_stands_in_the_data_subnets(synthesized: Synthesized, data: Template) -> None:
    subnets = synthesized.origins("Data", data.one("RDS::DBSubnetGroup")["SubnetIds"])
    assert len(subnets) >= 2
    assert all("DataSubnet" in subnet for subnet in subnets)
    assert not [instance for instance in data.all("RDS::DBInstance").values() if instance["PubliclyAccessible"]]


def test_parameters_are_of_the_versions_family_and_the_settings(data: Template, stage: str) -> None:
    config = STAGES[stage].database
    group = data.one("RDS::DBClusterParameterGroup")
    assert group["Family"] == f"aurora-postgresql{config.engine_version.split('.')[0]}"
    assert group["Parameters"] == {
        "rds.force_ssl": "1",
        "log_min_duration_statement": str(config.slow_query_ms),
        "idle_session_timeout": str(1000 * config.idle_timeout_seconds),
        "idle_in_transaction_session_timeout": str(1000 * config.idle_timeout_seconds),
    }


def test_backups_are_kept_and_carry_tags(data: Template, stage: str) -> None:
    config = STAGES[stage].database
    assert cluster(data)["BackupRetentionPeriod"] == config.backup_days
    assert cluster(data)["PreferredBackupWindow"] == config.backup_window
    assert cluster(data)["PreferredMaintenanceWindow"] == config.maintenance_window
    assert cluster(data)["CopyTagsToSnapshot"] is True


def test_a_protected_stage_cannot_delete_its_database(data: Template, stage: str) -> None:
    assert cluster(data)["DeletionProtection"] is STAGES[stage].protected
    expected = {True: "Retain", False: "Delete"}[STAGES[stage].protected]
    for name in (*data.all("RDS::DBCluster"), *data.all("RDS::DBInstance")):
        assert data.resources[name]["DeletionPolicy"] == expected
        assert data.resources[name]["UpdateReplacePolicy"] == expected


def test_the_log_has_an_end_since_it_is_there_before_the_database(data: Template, stage: str) -> None:
    assert cluster(data)["EnableCloudwatchLogsExports"] == ["postgresql"]
    name = data.named("DatabaseLog", "Logs::LogGroup")
    log_group = data.all("Logs::LogGroup")[name]
    assert log_group["LogGroupName"] == f"/aws/rds/cluster/{cluster(data)['DBClusterIdentifier']}/postgresql"
    assert log_group["RetentionInDays"] == STAGES[stage].database.log_days
    assert name in data.resources[data.named("DatabaseCluster", "RDS::DBCluster")]["DependsOn"]


def test_readers_can_take_the_writers_place(data: Template, stage: str) -> None:
    instances = data.all("RDS::DBInstance").values()
    assert len(instances) == 1 + STAGES[stage].database.readers
    assert all(instance["DBInstanceClass"] == "db.serverless" for instance in instances)
    assert all(instance["PromotionTier"] <= 1 for instance in instances)


def test_versions_change_by_setting_alone(data: Template) -> None:
    assert not [one for one in data.all("RDS::DBInstance").values() if one["AutoMinorVersionUpgrade"]]
    assert cluster(data)["EngineLifecycleSupport"] == "open-source-rds-extended-support-disabled"


def test_insights_are_a_setting(data: Template) -> None:
    assert cluster(data)["PerformanceInsightsEnabled"] is False
    assert cluster(synthesize_variant("three zones").template("Data"))["PerformanceInsightsEnabled"] is True


@pytest.mark.parametrize(
    ("stack", "function", "user"), [("Data", "MigrationFunction", "edgepost"), ("Web", "BlogApplication", "blog")]
)
def test_who_signs_in_does_so_as_one_user_of_this_cluster(
    synthesized: Synthesized, stack: str, function: str, user: str
) -> None:
    template = synthesized.template(stack)
    (statement,) = (
        statement
        for statement in template.statements(template.named(f"{function}Role", "IAM::Role"), "Allow")
        if statement["Action"] == "rds-db:connect"
    )
    arn = statement["Resource"]["Fn::Join"][1]
    assert arn[0].endswith(":rds-db:ap-northeast-1:")
    assert arn[1] == {"Ref": "AWS::AccountId"}
    assert arn[2] == ":dbuser:"
    assert synthesized.origins(stack, arn[3]) == {
        f"Data/{synthesized.template('Data').named('DatabaseCluster', 'RDS::DBCluster')}"
    }
    assert arn[4] == f"/{user}"
