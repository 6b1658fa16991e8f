"""Short words of the tests about RDS."""

LOST = "inaccessible-encryption-credentials"
RECOVERABLE = f"{LOST}-recoverable"


def make(cloud, name: str, engine: str = "postgres", **options) -> str:
    """A DB instance that is available and quick, unless it is wanted `as_is`; its ARN."""
    as_is = options.pop("as_is", False)
    made = cloud.client("rds").create_db_instance(
        DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine=engine,
        **({} if "DBClusterIdentifier" in options else {"AllocatedStorage": 40, "MasterUsername": "u"}), **options,
    )["DBInstance"]["DBInstanceArn"]  # fmt: skip
    return made if as_is else quick(cloud, available(cloud, made))


def make_cluster(cloud, name: str, engine: str = "aurora-postgresql", **options) -> str:
    made = cloud.client("rds").create_db_cluster(
        DBClusterIdentifier=name, Engine=engine, MasterUsername="u", MasterUserPassword="long-enough", **options
    )["DBCluster"]["DBClusterArn"]
    return quick(cloud, available(cloud, made))


def available(cloud, arn: str) -> str:
    cloud.until(lambda: state(cloud, arn) == "available")
    return arn


def quick(cloud, arn: str) -> str:
    """A second of a test."""
    cloud.ask("PATCH", f"databases/{arn}", {"stop_takes_s": 120, "start_takes_s": 120})
    return arn


def slow(cloud, arn: str) -> str:
    """Longer than any test looks at it."""
    cloud.ask("PATCH", f"databases/{arn}", {"stop_takes_s": 3600})
    return arn


def state(cloud, arn: str) -> str:
    return cloud.get(f"databases/{arn}")["state"]


def encrypted(key: str) -> dict:
    return {"StorageEncrypted": True, "KmsKeyId": key}


def told(cloud, name: str) -> dict:
    return cloud.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
