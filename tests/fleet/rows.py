"""Rows as long as AWS's: the local cloud knows fewer members of most, so a page is shorter there than it would be.

Each row has every member of the API reference that an ordinary resource shows, and TAGS tags where rows carry tags.
A resource may have 50 tags of up to 384 characters; what a page of such comes to is for `fleet.json` to tell.
"""

import json
from typing import Any

from tests.fleet.scene import MEMBERS

TAGS = 10
MOST_TAGS = 50
# Key and value of an ordinary tag, such as those that CloudFormation, Kubernetes and cost allocation leave behind.
TAG = {"Key": "aws:cloudformation:logical-id", "Value": "OrdersDatabaseAutoScalingGroup"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f"
SERVER, VOLUME = "i-0123456789abcdef0", "vol-0123456789abcdef0"
TIME = "2026-01-31T12:34:56.789Z"
CHECK = {"Details": [{"Name": "reachability", "Status": "passed"}], "Status": "ok"}
HOST = "ip-10-0-12-34.us-east-1.compute.internal"
GROUPS = [{"GroupId": "sg-0123456789abcdef0", "GroupName": "orders-production-database"}]
NETWORK = [{"Status": "active", "VpcSecurityGroupId": "sg-0123456789abcdef0"}]
SUBNETS = [
    {
        "SubnetAvailabilityZone": {"Name": f"us-east-1{zone}"},
        "SubnetIdentifier": "subnet-0123456789abcdef0",
        "SubnetOutpost": {},
        "SubnetStatus": "Active",
    }
    for zone in "abc"
]

Row = dict[str, Any]


def size(value: Any) -> int:
    """In bytes, as Step Functions counts: JSON without spaces, in UTF-8."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def _volume(tags: int) -> Row:
    return {
        "Attachments": [
            {
                "AttachTime": TIME, "DeleteOnTermination": True, "Device": "/dev/sda1", "InstanceId": SERVER,
                "State": "attached", "VolumeId": VOLUME,
            }
        ],
        "AvailabilityZone": "us-east-1a", "AvailabilityZoneId": "use1-az1", "CreateTime": TIME, "Encrypted": True,
        "Iops": 3000, "KmsKeyId": KEY, "MultiAttachEnabled": False, "Operator": {"Managed": False}, "Size": 100,
        "SnapshotId": "snap-0123456789abcdef0", "State": "in-use", "Tags": [TAG] * tags, "Throughput": 125,
        "VolumeId": VOLUME, "VolumeType": "gp3",
    }  # fmt: skip


def _status(tags: int) -> Row:
    event = {
        "Code": "system-maintenance", "Description": "The instance is scheduled for system maintenance",
        "InstanceEventId": "instance-event-0d59937288b749b32", "NotAfter": TIME, "NotBefore": TIME,
    }  # fmt: skip
    return {
        "AttachedEbsStatus": CHECK, "AvailabilityZone": "us-east-1a", "AvailabilityZoneId": "use1-az1",
        "Events": [event], "InstanceId": SERVER, "InstanceState": {"Code": 16, "Name": "running"},
        "InstanceStatus": CHECK, "Operator": {"Managed": False}, "SystemStatus": CHECK,
    }  # fmt: skip


def _instance(tags: int) -> Row:
    """A reservation of one server; the estimate of a page takes each for such a one."""
    network = {
        "Attachment": {
            "AttachTime": TIME, "AttachmentId": "eni-attach-0123456789abcdef0", "DeleteOnTermination": True,
            "DeviceIndex": 0, "NetworkCardIndex": 0, "Status": "attached",
        },
        "Description": "", "Groups": GROUPS, "InterfaceType": "interface", "Ipv6Addresses": [],
        "MacAddress": "0a:1b:2c:3d:4e:5f", "NetworkInterfaceId": "eni-0123456789abcdef0",
        "Operator": {"Managed": False}, "OwnerId": "123456789012", "PrivateDnsName": HOST,
        "PrivateIpAddress": "10.0.12.34",
        "PrivateIpAddresses": [{"Primary": True, "PrivateDnsName": HOST, "PrivateIpAddress": "10.0.12.34"}],
        "SourceDestCheck": True, "Status": "in-use", "SubnetId": "subnet-0123456789abcdef0",
        "VpcId": "vpc-0123456789abcdef0",
    }  # fmt: skip
    disk = {"AttachTime": TIME, "DeleteOnTermination": True, "Status": "attached", "VolumeId": VOLUME}
    # Some twenty more short members, such as CpuOptions, MetadataOptions and Placement.
    short = {f"AMemberOfLength{n:02}": "and-its-value-of-some-length" for n in range(30)}
    return {
        "Groups": [],
        "Instances": [
            short
            | {
                "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": disk}] * 2, "InstanceId": SERVER,
                "NetworkInterfaces": [network], "SecurityGroups": GROUPS, "Tags": [TAG] * tags,
            }
        ],
        "OwnerId": "123456789012", "RequesterId": "123456789012", "ReservationId": "r-0123456789abcdef0",
    }  # fmt: skip


def _group(tags: int) -> Row:
    """With as many members as each group of this fleet has."""
    template = {
        "LaunchTemplateId": "lt-0123456789abcdef0", "LaunchTemplateName": "orders-production-launch", "Version": "12",
    }  # fmt: skip
    member = {
        "AvailabilityZone": "us-east-1a", "AvailabilityZoneId": "use1-az1", "HealthStatus": "Healthy",
        "InstanceId": SERVER, "InstanceType": "m6i.2xlarge", "LaunchTemplate": template, "LifecycleState": "InService",
        "ProtectedFromScaleIn": False,
    }  # fmt: skip
    arn = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:0a1b2c3d:autoScalingGroupName/orders-production"
    named = {"PropagateAtLaunch": True, "ResourceId": "orders-production", "ResourceType": "auto-scaling-group"}
    metrics = [{"Granularity": "1Minute", "Metric": "GroupInServiceCapacity"}] * 13
    processes = [{"ProcessName": "ReplaceUnhealthy", "SuspensionReason": f"User suspended at {TIME}"}] * 5
    short = {f"AMemberOfLength{n:02}": "and-its-value-of-some-length" for n in range(20)}
    return short | {
        "AutoScalingGroupArn": arn, "EnabledMetrics": metrics, "Instances": [member] * MEMBERS,
        "LaunchTemplate": template, "SuspendedProcesses": processes, "Tags": [TAG | named] * tags,
        "TargetGroupArns": [arn] * 2,
    }  # fmt: skip


def _agent(tags: int) -> Row:
    return {
        "AgentVersion": "3.3.1611.0",
        "AssociationOverview": {
            "DetailedStatus": "Success", "InstanceAssociationStatusAggregatedCount": {"Success": 2},
        },
        "AssociationStatus": "Success", "ComputerName": HOST,
        "IpAddress": "10.0.12.34", "InstanceId": SERVER, "IsLatestVersion": True,
        "LastAssociationExecutionDate": TIME, "LastPingDateTime": TIME, "LastSuccessfulAssociationExecutionDate": TIME,
        "PingStatus": "Online", "PlatformName": "Red Hat Enterprise Linux", "PlatformType": "Linux",
        "PlatformVersion": "9.4", "ResourceType": "EC2Instance", "SourceId": SERVER, "SourceType": "AWS::EC2::Instance",
    }  # fmt: skip


def _invocation(tags: int) -> Row:
    """Its output is the longest that ListCommandInvocations shows."""
    return {
        "CloudWatchOutputConfig": {"CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": False},
        "CommandId": "ef7fdfd8-9b57-4151-a15c-888888888888",
        "CommandPlugins": [
            {
                "Name": "units", "Output": "x" * 2500, "OutputS3BucketName": "", "OutputS3KeyPrefix": "",
                "OutputS3Region": "us-east-1", "ResponseCode": 0, "ResponseFinishDateTime": TIME,
                "ResponseStartDateTime": TIME, "StandardErrorUrl": "", "StandardOutputUrl": "", "Status": "Success",
                "StatusDetails": "Success",
            }
        ],
        "Comment": f"{KEY[-36:]}-1234-shutdown-12", "DocumentName": "lockstep-UnitsDocument-0123456789ABC",
        "DocumentVersion": "$DEFAULT", "InstanceId": SERVER, "InstanceName": HOST,
        "NotificationConfig": {"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""},
        "RequestedDateTime": TIME, "ServiceRole": "", "StandardErrorUrl": "", "StandardOutputUrl": "",
        "Status": "Success", "StatusDetails": "Success", "TraceOutput": "",
    }  # fmt: skip


def _database(tags: int) -> Row:
    arn = "arn:aws:rds:us-east-1:123456789012:db:orders-production-0"
    plain = {name: "a-value-of-some-length" for name in (
        "AvailabilityZone", "BackupTarget", "CaCertificateIdentifier", "DatabaseInsightsMode", "DbInstanceClass",
        "DbInstanceIdentifier", "DbInstanceStatus", "DbName", "DbiResourceId", "DedicatedLogVolume", "Engine",
        "EngineLifecycleSupport", "EngineVersion", "EnhancedMonitoringResourceArn", "InstanceCreateTime",
        "LatestRestorableTime", "LicenseModel", "MasterUsername", "MonitoringRoleArn", "NetworkType",
        "PreferredBackupWindow", "PreferredMaintenanceWindow", "SecondaryAvailabilityZone", "StorageType",
    )}  # fmt: skip
    flags = {name: False for name in (
        "ActivityStreamStatus", "AllocatedStorage", "AutoMinorVersionUpgrade", "BackupRetentionPeriod",
        "CopyTagsToSnapshot", "CustomerOwnedIpEnabled", "DbInstancePort", "DeletionProtection", "Iops",
        "IamDatabaseAuthenticationEnabled", "IsStorageConfigUpgradeAvailable", "MaxAllocatedStorage",
        "MonitoringInterval", "MultiAz", "MultiTenant", "PerformanceInsightsEnabled", "PubliclyAccessible",
        "StorageEncrypted", "StorageThroughput",
    )}  # fmt: skip
    empty = {name: [] for name in (
        "AssociatedRoles", "DbSecurityGroups", "DomainMemberships", "ProcessorFeatures",
        "ReadReplicaDbClusterIdentifiers", "ReadReplicaDbInstanceIdentifiers", "StatusInfos",
    )}  # fmt: skip
    return plain | flags | empty | {
        "CertificateDetails": {"CaIdentifier": "rds-ca-rsa2048-g1", "ValidTill": TIME},
        "DbInstanceArn": arn,
        "DbParameterGroups": [{"DbParameterGroupName": "orders-production-16", "ParameterApplyStatus": "in-sync"}],
        "DbSubnetGroup": {
            "DbSubnetGroupDescription": "the subnets of the databases of orders", "DbSubnetGroupName": "orders-data",
            "SubnetGroupStatus": "Complete", "Subnets": SUBNETS, "VpcId": "vpc-0123456789abcdef0",
        },
        "EnabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "Endpoint": {
            "Address": "orders-production-0.abcdefghijkl.us-east-1.rds.amazonaws.com", "HostedZoneId": "Z2R2ITUGPM61AM",
            "Port": 5432,
        },
        "KmsKeyId": KEY,
        "MasterUserSecret": {"KmsKeyId": KEY, "SecretArn": arn, "SecretStatus": "active"},
        "OptionGroupMemberships": [{"OptionGroupName": "default:postgres-16", "Status": "in-sync"}],
        "PendingModifiedValues": {"LogTypesToDisable": [], "LogTypesToEnable": [], "ProcessorFeatures": []},
        "PerformanceInsightsKmsKeyId": KEY,
        "TagList": [TAG] * tags,
        "VpcSecurityGroups": NETWORK,
    }  # fmt: skip


def _cluster(tags: int) -> Row:
    """As long as an instance, and its members besides."""
    member = {
        "DbClusterParameterGroupStatus": "in-sync", "DbInstanceIdentifier": "orders-production-0",
        "IsClusterWriter": False, "PromotionTier": 1,
    }  # fmt: skip
    return _database(tags) | {"DbClusterMembers": [member] * 3, "ReaderEndpoint": "x" * 80}


def _tag(tags: int) -> Row:
    """`lockstep:services` with a dozen units."""
    return {"Key": "lockstep:services", "ResourceId": SERVER, "ResourceType": "instance", "Value": "x" * 200}


# By the end of a task's resource: the member that holds the rows, and what makes a row with so many tags.
ROWS = {
    "ec2:describeVolumes": ("Volumes", _volume),
    "ec2:describeTags": ("Tags", _tag),
    "ec2:describeInstanceStatus": ("InstanceStatuses", _status),
    "ec2:describeInstances": ("Reservations", _instance),
    "autoscaling:describeAutoScalingGroups": ("AutoScalingGroups", _group),
    "ssm:describeInstanceInformation": ("InstanceInformationList", _agent),
    "ssm:listCommandInvocations": ("CommandInvocations", _invocation),
    "rds:describeDBInstances": ("DbInstances", _database),
    "rds:describeDBClusters": ("DbClusters", _cluster),
}


def in_aws(resource: str, result: Any, tags: int = TAGS) -> int:
    """How long the result of a task would be if its rows were AWS's; a row that is longer already stays so."""
    operation = resource.rsplit(":", 2)[-2:]
    if ":".join(operation) not in ROWS:
        return size(result)
    member, row = ROWS[":".join(operation)]
    longest = size(row(tags))
    return size(result) + sum(max(longest - size(seen), 0) for seen in result[member])
