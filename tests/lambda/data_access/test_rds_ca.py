"""The certificates that Aurora is checked against."""

import datetime as dt
import re
import ssl

import pytest
from cryptography import x509

from data_access.postgres_server import RDS_CA_FILE

KINDS = {"RSA2048", "RSA4096", "ECC384"}
NAME = re.compile(r"Amazon RDS (?P<region>[a-z]+(-[a-z]+)+-\d) Root CA (?P<kind>RSA2048|RSA4096|ECC384) G1")

certificates = x509.load_pem_x509_certificates(RDS_CA_FILE.read_bytes())


def name_of(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)


@pytest.mark.parametrize("certificate", certificates, ids=name_of)
def test_each_is_a_root_of_amazon_rds_that_signs_itself(certificate: x509.Certificate) -> None:
    assert NAME.fullmatch(name_of(certificate))
    certificate.verify_directly_issued_by(certificate)
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_none_expires_within_a_year() -> None:
    assert min(each.not_valid_after_utc for each in certificates) > dt.datetime.now(dt.UTC) + dt.timedelta(days=365)


def test_every_region_has_the_root_of_each_kind() -> None:
    found = [match for each in certificates if (match := NAME.fullmatch(name_of(each)))]
    regions = {match["region"] for match in found}
    assert "ap-northeast-1" in regions
    assert sorted((match["region"], match["kind"]) for match in found) == sorted(
        (region, kind) for region in regions for kind in KINDS
    )


def test_they_are_all_that_a_client_then_trusts() -> None:
    assert ssl.create_default_context(cafile=str(RDS_CA_FILE)).cert_store_stats()["x509_ca"] == len(certificates)
