"""What the templates of the databases promise, and what the new server's first boot does to its disk."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.examples import templates

SERVER, RDS = templates.read("postgres"), templates.read("postgres", "rds.yaml")
BOTH = pytest.mark.parametrize("template", [SERVER, RDS], ids=["server", "rds"])
KEY = {"Ref": "EncryptionKey"}
KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
REFUSED_KEYS = (
    KEY_ARN.replace("key/1234abcd-12ab-34cd-56ef-1234567890ab", "alias/databases"),
    KEY_ARN.replace("1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"),
    "1234abcd-12ab-34cd-56ef-1234567890ab",
)
PRIVATE = ("10.0.0.0/8", "10.1.2.0/24", "172.16.0.0/12", "172.31.255.255/32", "192.168.0.0/16")
WORLD = ("0.0.0.0/0", "10.0.0.0/0", "10.0.0.0/7", "172.32.0.0/16", "172.16.0.0/8", "192.169.0.0/16", "8.8.8.8/32")
# Stands for everything that the script calls and this machine must not do. A disk has a file system once the file
# `formatted` is there, and data once there is a PG_VERSION.
PROGRAM = """#!/bin/bash
echo "$(basename "$0") $*" >> "$ROOT/calls"
case "$(basename "$0")" in
  blkid) [ -e "$ROOT/formatted" ] && echo 0f1e2d3c ;;
  mkfs.xfs) touch "$ROOT/formatted" ;;
  postgresql-setup) mkdir -p "$ROOT/pgsql/data" && echo 17 > "$ROOT/pgsql/data/PG_VERSION" ;;
esac
"""
PROGRAMS = ("blkid", "mkfs.xfs", "mount", "dnf", "systemctl", "postgresql-setup", "sleep")


@dataclass
class Boot:
    returncode: int
    calls: list[str]

    def called(self, *beginnings: str) -> bool:
        return any(call.startswith(beginnings) for call in self.calls)


@pytest.fixture
def boot(tmp_path: Path):
    """The first boot of a new server with the disk that lies in `tmp_path`."""
    for name in PROGRAMS:
        (tmp_path / name).write_text(PROGRAM)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "etc").mkdir()
    script = templates.properties(SERVER, "AWS::EC2::Instance")["UserData"]["Fn::Base64"]["Fn::Sub"]
    values = {"${PostgresVersion}": "17", "${ClientNetwork}": "10.0.0.0/8", "/dev/sdf": f"{tmp_path}/disk"}
    for name, value in {**values, "/etc/": f"{tmp_path}/etc/", "/var/lib/pgsql": f"{tmp_path}/pgsql"}.items():
        assert name in script
        script = script.replace(name, value)

    def start() -> Boot:
        (tmp_path / "calls").write_text("")
        environment = {"ROOT": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, timeout=60)
        return Boot(done.returncode, (tmp_path / "calls").read_text().splitlines())

    return start


def test_both_disks_of_the_server_use_the_key():
    server = templates.properties(SERVER, "AWS::EC2::Instance")
    disks = [device["Ebs"] for device in server["BlockDeviceMappings"]]
    disks.append(templates.properties(SERVER, "AWS::EC2::Volume"))
    assert len(disks) == 2
    assert all(disk["Encrypted"] is True and disk["KmsKeyId"] == KEY for disk in disks)


def test_the_storage_of_rds_uses_the_key():
    database = templates.properties(RDS, "AWS::RDS::DBInstance")
    assert database["StorageEncrypted"] is True and database["KmsKeyId"] == KEY


@BOTH
def test_only_a_key_that_can_be_watched_is_taken(template):
    assert templates.allows(template, "EncryptionKey", KEY_ARN)
    assert not [key for key in REFUSED_KEYS if templates.allows(template, "EncryptionKey", key)]


@BOTH
def test_the_world_has_no_way_in(template):
    [way_in] = templates.properties(template, "AWS::EC2::SecurityGroup")["SecurityGroupIngress"]
    assert way_in["CidrIp"] == {"Ref": "ClientNetwork"} and way_in["FromPort"] == way_in["ToPort"] == 5432
    assert all(templates.allows(template, "ClientNetwork", network) for network in PRIVATE)
    assert not [network for network in WORLD if templates.allows(template, "ClientNetwork", network)]


def test_neither_has_a_public_address():
    [interface] = templates.properties(SERVER, "AWS::EC2::Instance")["NetworkInterfaces"]
    assert interface["AssociatePublicIpAddress"] is False
    assert templates.properties(RDS, "AWS::RDS::DBInstance")["PubliclyAccessible"] is False


def test_the_server_has_what_lockstep_needs():
    server = templates.properties(SERVER, "AWS::EC2::Instance")
    tags = {name: value for name, value in templates.tags(server).items() if name.startswith("lockstep:")}
    assert tags == {
        "lockstep:app": {"Ref": "App"}, "lockstep:services": "postgresql.service", "lockstep:tier": {"Ref": "Tier"}
    }  # fmt: skip
    [policy] = templates.properties(SERVER, "AWS::IAM::Role")["ManagedPolicyArns"]
    assert policy["Fn::Sub"].endswith(":policy/AmazonSSMManagedInstanceCore")
    assert server["MetadataOptions"]["HttpTokens"] == "required"


def test_the_database_of_rds_has_what_lockstep_needs():
    tags = templates.tags(templates.properties(RDS, "AWS::RDS::DBInstance"))
    assert tags == {"lockstep:app": {"Ref": "App"}, "lockstep:tier": {"Ref": "Tier"}}


def test_the_data_outlives_the_stack():
    assert (
        SERVER["Resources"]["Data"]["DeletionPolicy"] == SERVER["Resources"]["Data"]["UpdateReplacePolicy"] == "Retain"
    )
    assert RDS["Resources"]["Database"]["DeletionPolicy"] == "Snapshot"
    database = templates.properties(RDS, "AWS::RDS::DBInstance")
    assert database["DeletionProtection"] is True and RDS["Parameters"]["BackupDays"]["MinValue"] >= 1


def test_no_password_is_in_a_template():
    database = templates.properties(RDS, "AWS::RDS::DBInstance")
    assert database["ManageMasterUserPassword"] is True and "MasterUserPassword" not in database
    assert not [name for template in (SERVER, RDS) for name in template["Parameters"] if "password" in name.lower()]


def test_a_new_disk_gets_a_file_system_and_a_database_that_needs_it(boot, tmp_path):
    (tmp_path / "disk").touch()
    first = boot()
    assert first.returncode == 0
    calls = [call.split()[0] for call in first.calls]
    assert calls.index("mkfs.xfs") < calls.index("mount") < calls.index("dnf") < calls.index("postgresql-setup")
    assert first.calls[-1] == "systemctl enable --now postgresql.service"
    assert (tmp_path / "etc/fstab").read_text().startswith(f"UUID=0f1e2d3c {tmp_path}/pgsql xfs ")
    unit = (tmp_path / "etc/systemd/system/postgresql.service.d/disk.conf").read_text()
    assert f"[Unit]\nRequiresMountsFor={tmp_path}/pgsql/data\n" in unit
    assert "10.0.0.0/8 scram-sha-256" in (tmp_path / "pgsql/data/pg_hba.conf").read_text()


def test_a_disk_with_data_keeps_it(boot, tmp_path):
    (tmp_path / "disk").touch()
    assert boot().called("mkfs.xfs") and (tmp_path / "formatted").exists()
    settings = (tmp_path / "pgsql/data/postgresql.conf").read_text()
    again = boot()
    assert again.returncode == 0 and again.called("systemctl enable --now postgresql.service")
    assert not again.called("mkfs.xfs", "postgresql-setup")
    assert (tmp_path / "pgsql/data/postgresql.conf").read_text() == settings


def test_without_its_disk_the_server_makes_no_database(boot):
    lonely = boot()
    assert lonely.called("sleep")
    assert not lonely.called("postgresql-setup", "systemctl enable")
    assert lonely.returncode
