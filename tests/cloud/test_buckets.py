"""EC2's token buckets."""

import pytest
from botocore.exceptions import ClientError

from tests.cloud.buckets import Bucket, Buckets, Size


def test_a_bucket_gives_what_it_holds_and_then_what_flows_in():
    bucket = Bucket(Size(1000, 2), at_s=0)
    assert bucket.take(1000, 0)
    assert not bucket.take(50, 24)
    assert bucket.take(50, 25)


def test_a_bucket_holds_no_more_than_its_size():
    bucket = Bucket(Size(5, 2), at_s=0)
    assert [bucket.take(1, 1000) for _ in range(6)] == [True] * 5 + [False]


def test_a_call_that_is_refused_for_its_servers_has_taken_a_token_of_the_calls():
    buckets = Buckets((Size(2, 0), Size(10, 0)), at_s=0)
    assert [buckets.take(servers, 0) for servers in (11, 10, 0)] == [False, True, False]


def test_a_call_for_more_servers_than_the_bucket_holds_is_refused_once_it_was_filled(cloud):
    # They run, and EC2 accepts a start of what runs.
    ids, ec2 = cloud.servers(1001), cloud.client("ec2")
    assert len(ec2.start_instances(InstanceIds=ids)["StartingInstances"]) == 1001
    cloud.ask("PUT", "buckets")
    with pytest.raises(ClientError, match=r"RequestLimitExceeded.*Request limit exceeded") as refused:
        ec2.start_instances(InstanceIds=ids)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert len(ec2.start_instances(InstanceIds=ids[1:])["StartingInstances"]) == 1000
    assert [call["outcome"] for call in cloud.calls("ec2", "StartInstances")] == ["ok", "RequestLimitExceeded", "ok"]
