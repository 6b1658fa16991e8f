"""The model on paper does what AWS's pages say."""

from tests.bench import limits
from tests.bench.limits import Bucket, Looks
from tests.world.cloud import ROOT


def test_a_full_bucket_gives_at_once_what_it_holds_and_then_what_flows_in():
    bucket = Bucket(1000, 2)
    assert bucket.take(1000, 0) == 0
    assert bucket.take(50, 0) == 25
    assert bucket.take(50, 1000) == 1000


def test_looks_follow_the_rule_of_the_functions():
    assert Looks(30, 4).until(45) == [30, 40, 50]
    assert limits.SERVERS_DOWN.until(150) == [45, 67, 97, 127, 157]
    assert limits.SERVERS_UP.until(20) == [30]


def test_after_the_first_thousand_ec2_starts_two_servers_a_second():
    few, many = (limits.times(servers, at_once=servers).services_up for servers in (1_000, 3_000))
    assert abs((many - few) - 2_000 / 2) < 10


def test_batches_that_wait_for_a_place_take_turns():
    assert limits.drain(20, 10, takes_s=10, looks=limits.SERVERS_UP, from_s=0) > 2 * 30
    assert limits.drain(10, 10, takes_s=10, looks=limits.SERVERS_UP, from_s=0) < 2 * 30


def test_batches_and_first_looks_are_those_of_the_functions():
    kinds = (ROOT / "functions/shared/domain/src/kind.rs").read_text()
    assert f"batch: ({limits.STOP_BATCH}, {limits.START_BATCH})," in kinds
    assert f"first_look_s: ({limits.SERVERS_DOWN.first_s}, {limits.SERVERS_UP.first_s})," in kinds
