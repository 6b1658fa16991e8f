"""What carries a tag, found by the Resource Groups Tagging API: ECS services only."""

import pytest

from tests.cloud.test_cloud import code_of
from tests.cloud.test_ecs import add_servers, cluster, make, register
from tests.cloud.test_steps import chain, task

__all__ = ["cluster"]
KEY = "lockstep:key"
SEARCH = {"ResourceTypeFilters": ["ecs:service"], "TagFilters": [{"Key": KEY}]}


def declared(cloud, name: str, **tags: str) -> str:
    """A service of nothing yet, with these tags; its ARN."""
    return make(cloud, name, 0, tags=[{"key": f"lockstep:{key}", "value": value} for key, value in tags.items()])


def found(cloud, *filters: dict) -> list[str]:
    asked = {**SEARCH, "TagFilters": list(filters)}
    rows = cloud.client("resourcegroupstaggingapi").get_resources(**asked)["ResourceTagMappingList"]
    return [row["ResourceARN"] for row in rows]


def test_services_are_found_by_their_tags(cloud, cluster):
    one = declared(cloud, "one", key="k-1", app="shop")
    two = declared(cloud, "two", key="k-2")
    other = declared(cloud, "other", app="shop")
    make(cloud, "bare", 0)
    assert found(cloud) == sorted([one, two, other])
    assert found(cloud, {"Key": KEY}) == [one, two]
    assert found(cloud, {"Key": KEY, "Values": ["k-2", "k-3"]}) == [two]
    assert found(cloud, {"Key": KEY}, {"Key": "lockstep:app", "Values": ["shop"]}) == [one]
    assert found(cloud, {"Key": "lockstep"}) == []
    cloud.client("ecs").tag_resource(resourceArn=other, tags=[{"key": KEY, "value": "k-4"}])
    cloud.client("ecs").delete_service(cluster="shop", service="one", force=True)
    assert found(cloud, {"Key": KEY}) == [other, two]


def test_what_is_no_service_is_not_among_them(cloud, key):
    cloud.client("kms").tag_resource(KeyId=key, Tags=[{"TagKey": KEY, "TagValue": key}])
    tagging = cloud.client("resourcegroupstaggingapi")
    assert tagging.get_resources(**SEARCH)["ResourceTagMappingList"] == []
    [row] = tagging.get_resources(ResourceTypeFilters=["kms"], TagFilters=[{"Key": KEY}])["ResourceTagMappingList"]
    assert row["ResourceARN"] == key


def test_tagged_services_come_in_pages_of_which_the_last_has_an_empty_token(cloud, cluster):
    arns = [declared(cloud, f"s-{number}", key="k") for number in range(5)]
    tagging = cloud.client("resourcegroupstaggingapi")
    pages, token = [], ""
    while not pages or token:
        page = tagging.get_resources(**SEARCH, ResourcesPerPage=2, PaginationToken=token)
        pages.append([row["ResourceARN"] for row in page["ResourceTagMappingList"]])
        token = page["PaginationToken"]
    assert pages == [arns[:2], arns[2:4], arns[4:]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"ResourcesPerPage": 101},
        {"ResourcesPerPage": 0},
        {"PaginationToken": "next"},
        {"ResourceTypeFilters": ["ecs:service", "ecs:cluster"]},
        {"TagFilters": [{"Key": KEY, "Values": [str(number) for number in range(21)]}]},
    ],
)
def test_a_search_that_asks_too_much_is_refused(cloud, wrong):
    search = cloud.client("resourcegroupstaggingapi").get_resources
    assert code_of(search, **SEARCH | wrong) == "InvalidParameterException"


def test_a_workflow_reads_every_page_of_the_services_with_a_tag(cloud, cluster):
    arns = [declared(cloud, f"s-{number}", key=f"k-{number}") for number in range(3)]
    search = "aws-sdk:resourcegroupstaggingapi:getResources"
    read = task(
        search,
        {**SEARCH, "ResourcesPerPage": 2, "PaginationToken": "{% $token %}"},
        Assign={
            "rows": "{% $append($rows, $states.result.ResourceTagMappingList) %}",
            "token": "{% $states.result.PaginationToken %}",
        },
    )
    more = {"Type": "Choice", "Choices": [{"Condition": "{% $token != '' %}", "Next": "Read"}], "Default": "Done"}
    ended = cloud.run(
        chain(
            Begin={"Type": "Pass", "Assign": {"token": "", "rows": "{% [] %}"}},
            Read=read,
            More=more,
            Done={"Type": "Succeed", "Output": "{% $rows %}"},
        )
    )
    assert ended["output"] == [
        {"ResourceARN": arn, "Tags": [{"Key": KEY, "Value": f"k-{number}"}]} for number, arn in enumerate(arns)
    ]
    [first, _] = cloud.calls("tagging", "GetResources")
    assert (first["actor"], first["mutating"], first["outcome"]) == ("lockstep", False, "ok")


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("throttle", "ThrottledException"),
        ("error", "InternalServiceException"),
        ("deny", "ResourceGroupsTaggingApiException"),
        ("lost_answer", "SdkClientException"),
    ],
)
def test_a_search_goes_wrong_as_told(cloud, kind, error):
    cloud.ask("POST", "faults", {"service": "resourcegroupstaggingapi", "operation": "GetResources", "kind": kind})
    ended = cloud.run(chain(Search=task("aws-sdk:resourcegroupstaggingapi:getResources", SEARCH)))
    assert ended["error"] == f"ResourceGroupsTaggingApi.{error}"


def test_a_workflow_finds_the_services_on_a_server_and_their_scaling(cloud, cluster):
    [used, _] = add_servers(cloud, 2)
    for name in ("web", "api"):
        make(cloud, name, 2)
    register(cloud, MinCapacity=1, MaxCapacity=3)
    at = {"Cluster": "{% $cluster %}"}
    ended = cloud.run(
        chain(
            Clusters=task("aws-sdk:ecs:listClusters", {}, Assign={"cluster": "{% $states.result.ClusterArns[0] %}"}),
            Hosts=task(
                "aws-sdk:ecs:listContainerInstances",
                {**at, "Filter": f"ec2InstanceId in ['i-0123456789abcdef0', '{used}']"},
                Assign={"hosts": "{% $states.result.ContainerInstanceArns %}"},
            ),
            Tasks=task(
                "aws-sdk:ecs:listTasks",
                {**at, "ContainerInstance": "{% $hosts[0] %}"},
                Assign={"tasks": "{% $states.result.TaskArns %}"},
            ),
            Told=task(
                "aws-sdk:ecs:describeTasks",
                {**at, "Tasks": "{% $tasks %}"},
                Assign={"groups": "{% $sort($states.result.Tasks.Group) %}"},
            ),
            Scaling=task(
                "aws-sdk:applicationautoscaling:describeScalableTargets",
                {
                    "ServiceNamespace": "ecs",
                    "ResourceIds": ["service/shop/web", "service/shop/api"],
                    "ScalableDimension": "ecs:service:DesiredCount",
                },
                Output="{% [$count($hosts), $groups, $states.result.ScalableTargets[0]] %}",
            ),
        )
    )
    *seen, target = ended["output"]
    assert seen == [1, "service:api", "service:web"]
    assert (target["ResourceId"], target["MinCapacity"], target["MaxCapacity"]) == ("service/shop/web", 1, 3)
    assert set(target["SuspendedState"].values()) == {False}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("throttle", "ApplicationAutoScalingException"),
        ("error", "InternalServiceException"),
        ("deny", "ApplicationAutoScalingException"),
        ("lost_answer", "SdkClientException"),
    ],
)
def test_a_suspension_goes_wrong_as_told(cloud, cluster, kind, error):
    make(cloud, count=0)
    register(cloud, MinCapacity=0, MaxCapacity=1)
    fault = {"service": "application-autoscaling", "operation": "RegisterScalableTarget", "kind": kind}
    cloud.ask("POST", "faults", fault)
    target = {"ServiceNamespace": "ecs", "ResourceId": "service/shop/web"}
    target |= {"ScalableDimension": "ecs:service:DesiredCount", "SuspendedState": {"ScheduledScalingSuspended": True}}
    ended = cloud.run(chain(Suspend=task("aws-sdk:applicationautoscaling:registerScalableTarget", target)))
    assert ended["error"] == f"ApplicationAutoScaling.{error}"
    [seen] = cloud.get("services")
    assert seen["suspended"] == (["ScheduledScalingSuspended"] if kind == "lost_answer" else [])
