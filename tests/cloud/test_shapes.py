"""How answers are read, whatever was read before."""

import gc

import botocore.session

from tests.cloud import shapes

ANSWER = b"""<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups><member>
    <LaunchTemplate><LaunchTemplateName>shop</LaunchTemplateName></LaunchTemplate>
    <SuspendedProcesses><member><ProcessName>Launch</ProcessName></member></SuspendedProcesses>
    <Tags><member><Key>lockstep:app</Key><PropagateAtLaunch>true</PropagateAtLaunch></member></Tags>
</member></AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>"""


def test_a_row_is_read_by_its_own_shape_although_another_was_in_its_place_in_memory():
    """Threads that ask botocore at the same moment get models of their own, and all but one are thrown away."""
    for _ in range(20):
        model = botocore.session.get_session().get_service_model("autoscaling")
        operation = model.operation_model("DescribeAutoScalingGroups")
        [row] = shapes.read_answer(ANSWER, operation)["AutoScalingGroups"]
        assert row["LaunchTemplate"] == {"LaunchTemplateName": "shop"}
        assert row["SuspendedProcesses"] == [{"ProcessName": "Launch"}]
        assert row["Tags"] == [{"Key": "lockstep:app", "PropagateAtLaunch": True}]
        del model, operation
        gc.collect()
