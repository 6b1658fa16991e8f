"""The model on paper does what AWS's pages say."""

from tests.bench import batches, limits
from tests.bench.batches import Call, Looks
from tests.world.cloud import ROOT


def test_looks_follow_the_rule_of_the_functions():
    assert Looks(30, 4).until(45) == [30, 40, 50]
    assert limits.SERVERS_DOWN.until(150) == [45, 67, 97, 127, 157]
    assert limits.SERVERS_UP.until(20) == [30]


def test_after_the_first_thousand_ec2_starts_two_servers_a_second():
    few, many = (limits.times(servers, alone=True).services_up for servers in (1_000, 3_000))
    assert abs((many - few) - 2_000 / 2) < 10


def test_batches_that_wait_for_a_place_take_turns():
    ends = {n: batches.drain(n, 10, takes_s=10, looks=limits.SERVERS_UP, from_s=0).at_s for n in (10, 20)}
    assert ends[10] < 2 * 30 < ends[20]


def test_a_call_that_is_refused_rests_and_is_made_again_while_the_patient_wait_only_for_ec2():
    drained = {
        is_patient: batches.drain(10, 10, 0, limits.SERVERS_UP, 0, Call("StartInstances", 50, is_patient))
        for is_patient in (True, False)
    }
    assert drained[False].refused >= 4
    assert drained[True].at_s < drained[False].at_s < drained[True].at_s + batches.SHORTEST_REST_S + 1
    assert drained[False].given_up == 0


def test_nobody_is_given_up_as_long_as_ec2_takes_some():
    assert limits.up(5_000, limits.AWS, 0).servers.given_up == 0


def test_the_rules_of_refused_calls_are_those_of_the_functions():
    domain = ROOT / "functions/shared/domain/src"
    refusal, answers = ((domain / name).read_text() for name in ("refusal.rs", "evidence/answers.rs"))
    assert f"RESTS_S: (i64, i64) = ({batches.SHORTEST_REST_S}, {batches.LONGEST_REST_S});" in refusal
    for name, seconds in (("PATIENCE", batches.PATIENCE_S), ("HALVED_AFTER", batches.HALVED_AFTER_S)):
        assert f"{name}: SignedDuration = SignedDuration::from_mins({seconds // 60});" in refusal
    assert f"SMALLEST_SHARE: usize = {batches.SMALLEST_SHARE};" in answers


def test_batches_and_first_looks_are_those_of_the_functions():
    kinds = (ROOT / "functions/shared/domain/src/kind.rs").read_text()
    assert f"batch: ({limits.STOP_BATCH}, {limits.START_BATCH})," in kinds
    assert f"first_look_s: ({limits.SERVERS_DOWN.first_s}, {limits.SERVERS_UP.first_s})," in kinds
