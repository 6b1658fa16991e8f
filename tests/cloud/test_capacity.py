"""What a call to DynamoDB consumes."""

import pytest

from tests.cloud.capacity import units

SMALL, LARGE = {"pk": {"S": "a"}}, {"pk": {"S": "a" * 5000}}


@pytest.mark.parametrize(
    ("item", "is_consistent", "expected"), [(SMALL, True, 1), (SMALL, False, 0.5), (LARGE, True, 2), (LARGE, False, 1)]
)
def test_a_read_counts_each_4_kib_and_half_of_it_if_it_may_be_old(item, is_consistent, expected):
    asked = {"ConsistentRead": is_consistent}
    assert units("GetItem", asked, {"Item": item}) == {"read": expected}


def test_what_is_not_there_is_read_like_what_is():
    assert units("GetItem", {"ConsistentRead": True}, {}) == {"read": 1}


def test_a_query_is_rounded_as_a_whole_and_a_batch_item_by_item():
    asked = {"ConsistentRead": True}
    assert units("Query", asked, {"Items": [SMALL] * 10}) == {"read": 1}
    wanted = {"RequestItems": {"ledger": {**asked, "Keys": [{}] * 10}}}
    assert units("BatchGetItem", wanted, {"Responses": {"ledger": [SMALL] * 9}}) == {"read": 10}


def test_a_write_counts_what_the_table_says_and_one_if_it_is_refused():
    assert units("PutItem", {}, {"ConsumedCapacity": {"CapacityUnits": 3.0}}) == {"write": 3}
    assert units("PutItem", {}, None) == {"write": 1}


def test_a_transaction_that_is_refused_counts_each_action_twice():
    asked = {"TransactItems": [{}] * 3}
    assert units("TransactWriteItems", asked, {"ConsumedCapacity": [{"CapacityUnits": 6.0}]}) == {"write": 6}
    assert units("TransactWriteItems", asked, None) == {"write": 6}
