"""A real nginx with the shipped configuration, in front of whatever listens on a port."""

import datetime as dt
import ipaddress
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.servers import ROOT, free_port, wait_for_port

SHIPPED = ROOT / "deploy" / "nginx.conf"
AROUND = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/quadrille.conf;
}}
"""


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 and its key; where the certificate is."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "privkey.pem").write_bytes(private)
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "fullchain.pem"


def shipped(folder: Path, upstream: int, port: int) -> str:
    """The shipped file with only what it calls yours changed, and ports that anybody may listen on."""
    text = SHIPPED.read_text()
    for before, after in (
        ("127.0.0.1:3000", f"127.0.0.1:{upstream}"),
        ("/etc/ssl/quadrille", str(folder)),
        ("quadrille.example", "127.0.0.1"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80", f"listen 127.0.0.1:{free_port()}"),
    ):
        assert before in text
        text = text.replace(before, after)
    return text


@contextmanager
def in_front_of(upstream: int, folder: Path, port: int) -> Iterator[str]:
    """The address, until left."""
    certificate(folder)
    (folder / "quadrille.conf").write_text(shipped(folder, upstream, port))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    command = ["/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, env=os.environ | {"LANG": "C"})
    try:
        wait_for_port(port)
        yield f"https://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGQUIT if process.poll() is None else 0)
        process.wait(timeout=120)
