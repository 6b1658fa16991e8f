"""What `receive-key-event` does, as it is commonly written for Lambda in Python: the peer of its cold start.

It asks less than Lockstep does: it keeps no record of the run and of what was last seen of the key, and does not look
at the ledger's own key.
"""

import json
import logging
import os
from datetime import UTC, datetime, timedelta

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)

dynamodb = boto3.client("dynamodb")
kms = boto3.client("kms")
states = boto3.client("stepfunctions")

TABLE = os.environ["LEDGER_TABLE"]
GRACE = timedelta(minutes=int(os.environ["GRACE_PERIOD_MINUTES"]))
MACHINES = {
    "shutdown": os.environ["SHUTDOWN_STATE_MACHINE_ARN"],
    "startup": os.environ["STARTUP_STATE_MACHINE_ARN"],
}


def handler(event, context):
    key = event["detail"]["responseElements"]["keyId"]
    row = {"pk": {"S": f"KEY#{key}"}, "sk": {"S": "KEY"}}
    record = dynamodb.get_item(TableName=TABLE, Key=row, ConsistentRead=True).get("Item")
    if record is None:
        return {"decision": "ignored", "reason": f"key {key} is not watched"}

    state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    direction = "startup" if state == "Enabled" else "shutdown"
    if direction == record["direction"]["S"]:
        return {"decision": "nothing", "reason": f"the key is {state}, as before"}

    epoch = int(record["epoch"]["N"]) + 1
    now = datetime.now(UTC)
    grace_ends_at = now + GRACE if direction == "shutdown" else now
    changed = {
        "epoch": {"N": str(epoch)},
        "direction": {"S": direction},
        "attempt": {"N": "1"},
        "noticed_at": {"S": now.isoformat()},
        "grace_ends_at": {"S": grace_ends_at.isoformat()},
    }
    dynamodb.put_item(
        TableName=TABLE,
        Item={**record, **changed},
        ConditionExpression="epoch = :epoch",
        ExpressionAttributeValues={":epoch": record["epoch"]},
    )

    run = f"{key.split('/')[-1]}-{epoch}-{direction}-1"
    told = {"run": run, "key": key, "epoch": epoch, "grace_ends_at": grace_ends_at.isoformat()}
    states.start_execution(stateMachineArn=MACHINES[direction], name=run, input=json.dumps(told))
    logger.info("started %s", run)
    return {"decision": "run", "reason": f"the key is {state}", "run": run}
