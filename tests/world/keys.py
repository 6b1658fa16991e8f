"""Keys of other accounts and of other origins, made the way their owners do."""

from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from tests.world import stack
from tests.world.cloud import ACCOUNT, ROOT, Cloud

# The account of a customer, and one that has nothing to do with anything.
OWNER = "222222222222"
STRANGER = "333333333333"
CUSTOMER_KEY = ROOT / "examples" / "customer-key" / "template.yaml"
CLUSTER = "cluster-1a23b4cdefg"


def kms_of(cloud: Cloud, key: str) -> Any:
    """KMS as the account that owns the key is given it."""
    return cloud.client("kms", key.split(":")[4])


def make_customer_key(cloud: Cloud, name: str) -> str:
    """A key in the customer's account, by the example's template and one command; its ARN."""
    bus = cloud.outputs["KeyOwnerBusArn"]
    outputs = stack.deploy_template(
        cloud, CUSTOMER_KEY, f"key-{name}", OWNER, ProviderAccount=ACCOUNT, ProviderBusArn=bus, Alias=f"alias/{name}"
    )
    return outputs["KeyArn"]


def make_imported_key(cloud: Cloud) -> str:
    """A key without key material yet."""
    return cloud.client("kms").create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]


def import_material(kms: Any, key: str, valid_to: datetime | None = None) -> None:
    given = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    digest = hashes.SHA256()
    wrapped = serialization.load_der_public_key(given["PublicKey"]).encrypt(
        b"m" * 32, padding.OAEP(mgf=padding.MGF1(algorithm=digest), algorithm=digest, label=None)
    )
    until: dict[str, Any] = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    if valid_to:
        until = {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": valid_to}
    kms.import_key_material(KeyId=key, ImportToken=given["ImportToken"], EncryptedKeyMaterial=wrapped, **until)
