"""Application Insights with an identity in place of the key: which identity is asked for a token, and who gets it."""

import datetime as dt
import ipaddress
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.telemetry.envelopes import Ingestion, connection_string
from tests.telemetry.receiver import Receiver

ROOT = Path(__file__).parents[2]
CLIENT = "11111111-2222-3333-4444-555555555555"
TELL = """
from shared.telemetry.tracing import invocation
with invocation("ingest", None, "datasource"):
    pass
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For 127.0.0.1, signed by nobody else: tokens are sent over https only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(hours=1))
    signed = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = serialization.PrivateFormat.PKCS8
    key_text = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    file.write_bytes(key_text + signed.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture(scope="module")
def sent(certificate: Path) -> Iterator[Any]:
    """A span is sent by a process that has an identity, as an instance on Azure has it."""
    token = {"access_token": "token-1", "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
    with Receiver(body=json.dumps(token).encode()) as identity, Receiver(certificate=certificate) as insights:
        settings = {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string(insights.url),
            "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": f"ClientId={CLIENT};Authorization=AAD",
            "IDENTITY_ENDPOINT": f"{identity.url}/msi/token",
            "IDENTITY_HEADER": "a header that only the instance knows",
            "REQUESTS_CA_BUNDLE": str(certificate),
            "TMPDIR": str(certificate.parent),
            "Storage": "UseDevelopmentStorage=true",
            "COSMOS_ENDPOINT": "https://account",
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | settings
        subprocess.run([sys.executable, "-c", TELL], cwd=ROOT, env=environment, check=True)
        yield SimpleNamespace(identity=identity, insights=insights)


def test_a_token_is_asked_for_by_the_identity_that_the_setting_names(sent: Any) -> None:
    asked = [parse_qs(urlsplit(request.path).query) for request in sent.identity.requests]
    assert {(query["client_id"][0], query["resource"][0]) for query in asked} == {
        (CLIENT, "https://monitor.azure.com/")
    }


def test_all_that_is_sent_carries_the_token(sent: Any) -> None:
    assert {request.headers["authorization"] for request in sent.insights.requests} == {"Bearer token-1"}


def test_the_span_arrives(sent: Any) -> None:
    assert [item.data["name"] for item in Ingestion(sent.insights).of("RemoteDependencyData")] == ["ingest"]
