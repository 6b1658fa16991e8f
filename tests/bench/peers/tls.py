"""HTTPS in front of the local cloud, with an authority of its own that the clients are told to trust."""

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

# As those of AWS's endpoints.
KEY_BITS = 2048
CHUNK = 65536


@contextlib.contextmanager
def front(port: int, names: list[str], folder: Path) -> Iterator[tuple[dict[str, str], Path]]:
    """Gives each name an address of its own, as AWS's services have, and the certificate of the authority."""
    authority, chain = _certificates(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain)
    context.set_alpn_protocols(["http/1.1"])
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    ports = asyncio.run_coroutine_threadsafe(_serve(port, len(names), context), loop).result()
    try:
        yield {name: f"https://127.0.0.1:{at}" for name, at in zip(names, ports, strict=True)}, authority
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _serve(port: int, count: int, context: ssl.SSLContext) -> list[int]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))

    servers = [await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context) for _ in range(count)]
    return [server.sockets[0].getsockname()[1] for server in servers]


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # A client that is ended in the middle of a call is no failure here.
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


def _certificates(folder: Path) -> tuple[Path, Path]:
    """An authority, and a certificate of it for this machine with its key: no client takes an authority as a server."""
    authority_key, server_key = (rsa.generate_private_key(65537, KEY_BITS) for _ in range(2))
    issuer, subject = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("bench", "127.0.0.1"))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    authority = _signed(issuer, issuer, authority_key.public_key(), authority_key, x509.BasicConstraints(True, 0))
    server = _signed(subject, issuer, server_key.public_key(), authority_key, x509.BasicConstraints(False, None), names)
    private = server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pages = folder / "authority.pem", folder / "server.pem"
    pages[0].write_bytes(authority)
    pages[1].write_bytes(server + private)
    return pages


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    public: rsa.RSAPublicKey,
    by: rsa.RSAPrivateKey,
    *extensions: x509.ExtensionType,
) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    for extension in extensions:
        made = made.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return made.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
