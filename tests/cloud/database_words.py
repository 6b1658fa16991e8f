"""Short words of the tests about RDS."""

RECOVERABLE = "inaccessible-encryption-credentials-recoverable"


def make(cloud, name: str, engine: str = "postgres", **options) -> str:
    """A DB instance that is available, unless it is asked for `as_is`; its ARN."""
    as_is = options.pop("as_is", False)
    made = cloud.client("rds").create_db_instance(
        DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine=engine,
        **({} if "DBClusterIdentifier" in options else {"AllocatedStorage": 40, "MasterUsername": "u"}), **options,
    )["DBInstance"]["DBInstanceArn"]  # fmt: skip
    return made if as_is else available(cloud, made)


def make_cluster(cloud, name: str, engine: str = "aurora-postgresql", **options) -> str:
    made = cloud.client("rds").create_db_cluster(
        DBClusterIdentifier=name, Engine=engine, MasterUsername="u", MasterUserPassword="long-enough", **options
    )["DBCluster"]["DBClusterArn"]
    return available(cloud, made)


def available(cloud, arn: str) -> str:
    cloud.until(lambda: state(cloud, arn) == "available")
    return arn


def state(cloud, arn: str) -> str:
    return cloud.get(f"databases/{arn}")["state"]


def encrypted(key: str) -> dict:
    return {"StorageEncrypted": True, "KmsKeyId": key}


def told(cloud, name: str) -> dict:
    return cloud.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
