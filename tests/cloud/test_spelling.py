"""Names as a workflow sees them."""

import pytest

from tests.cloud.spelling import exception_name, member_name


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("DBInstanceIdentifier", "DbInstanceIdentifier"),
        ("KmsKeyId", "KmsKeyId"),
        ("MultiAZ", "MultiAZ"),
        ("ReadReplicaDBInstanceIdentifiers", "ReadReplicaDBInstanceIdentifiers"),
        ("VPCZoneIdentifier", "VpcZoneIdentifier"),
        ("AutoScalingGroupARN", "AutoScalingGroupARN"),
        ("ec2InstanceId", "Ec2InstanceId"),
        ("TTL", "Ttl"),
    ],
)
def test_a_member_keeps_its_name_but_for_an_acronym_at_its_beginning(name, spelled):
    assert member_name(name) == spelled


@pytest.mark.parametrize(
    ("shape", "spelled"),
    [
        ("InvalidDBInstanceStateFault", "InvalidDbInstanceStateException"),
        ("DBClusterNotFoundFault", "DbClusterNotFoundException"),
        ("KMSKeyNotAccessibleFault", "KmsKeyNotAccessibleException"),
        ("ServiceNotFoundException", "ServiceNotFoundException"),
        ("ResourceContentionFault", "ResourceContentionException"),
        ("EC2AccessDeniedException", "Ec2AccessDeniedException"),
    ],
)
def test_an_exception_has_words_for_acronyms_and_is_no_fault(shape, spelled):
    assert exception_name(shape) == spelled
