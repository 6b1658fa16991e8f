"""ECS: services and their tasks, the servers under them, and what scales them behind one's back."""

import json

import pytest

from tests.cloud.test_cloud import code_of
from tests.cloud.test_steps import chain, task

NO_SCALING = {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True, "ScheduledScalingSuspended": True}


@pytest.fixture
def cluster(cloud) -> str:
    """A cluster without servers, and a task definition."""
    ecs = cloud.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 64}])
    return "shop"


def add_servers(cloud, count: int) -> list[str]:
    """Servers that run, as container instances of the cluster."""
    ids = cloud.servers(count)
    cloud.until(lambda: all(cloud.server(id)["state"] == "running" for id in ids))
    for id in ids:
        document = json.dumps({"instanceId": id})
        cloud.client("ecs").register_container_instance(cluster="shop", instanceIdentityDocument=document)
    return ids


def make(cloud, name: str = "web", count: int | None = 2, **options) -> str:
    """A service that has come to rest; its ARN."""
    wanted = options if count is None else {"desiredCount": count, **options}
    made = cloud.client("ecs").create_service(cluster="shop", serviceName=name, taskDefinition="web", **wanted)
    arn = made["service"]["serviceArn"]
    steady(cloud, arn)
    return arn


def slow(cloud, arn: str) -> str:
    """Slow enough to be seen on its way."""
    cloud.ask("PATCH", f"services/{arn}", {"task_start_takes_s": 180, "task_stop_takes_s": 180})
    return arn


def steady(cloud, arn: str) -> dict:
    return cloud.until(lambda: (seen := cloud.get(f"services/{arn}"))["state"] == "steady" and seen)


def counts(cloud, name: str = "web") -> tuple[int, int, int]:
    [service] = cloud.client("ecs").describe_services(cluster="shop", services=[name])["services"]
    [deployment] = service["deployments"]
    told = tuple(service[field] for field in ("desiredCount", "runningCount", "pendingCount"))
    assert told == tuple(deployment[field] for field in ("desiredCount", "runningCount", "pendingCount"))
    return told


def register(cloud, name: str = "web", **fields) -> None:
    cloud.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/shop/{name}",
        ScalableDimension="ecs:service:DesiredCount",
        **fields,
    )


def test_the_counts_of_a_service_move_towards_what_is_wanted(cloud, cluster):
    add_servers(cloud, 2)
    arn = make(cloud, count=3)
    slow(cloud, arn)
    ecs = cloud.client("ecs")
    ecs.update_service(cluster="shop", service="web", desiredCount=0)
    assert counts(cloud) == (0, 3, 0)
    steady(cloud, arn)
    assert counts(cloud) == (0, 0, 0)
    ecs.update_service(cluster="shop", service="web", desiredCount=2)
    assert counts(cloud) == (2, 0, 2)
    steady(cloud, arn)
    assert counts(cloud) == (2, 2, 0)
    [first, _] = cloud.calls("ecs", "UpdateService")
    assert (first["mutating"], first["resources"]) == (True, ["shop", "web"])


def test_a_daemon_has_one_task_on_each_server_and_no_count(cloud, cluster):
    ids = add_servers(cloud, 2)
    arn = make(cloud, "agent", None, schedulingStrategy="DAEMON")
    assert steady(cloud, arn)["servers"] == sorted(ids)
    ids += add_servers(cloud, 1)
    assert cloud.until(lambda: (seen := steady(cloud, arn))["running"] == 3 and seen)["servers"] == sorted(ids)
    update = cloud.client("ecs").update_service
    assert code_of(update, cluster="shop", service="agent", desiredCount=0) == "InvalidParameterException"
    assert counts(cloud, "agent") == (3, 3, 0)
    [told] = cloud.client("ecs").describe_services(cluster="shop", services=[arn])["services"]
    assert told["schedulingStrategy"] == "DAEMON"


def test_the_services_on_a_server_are_found_by_its_tasks(cloud, cluster):
    ecs, ids = cloud.client("ecs"), add_servers(cloud, 2)
    make(cloud, "web", 1)
    make(cloud, "api", 1)
    found = {}
    for id in ids:
        asked = {"cluster": "shop", "filter": f"ec2InstanceId in ['{id}']"}
        [host] = ecs.list_container_instances(**asked)["containerInstanceArns"]
        [told] = ecs.describe_container_instances(cluster="shop", containerInstances=[host])["containerInstances"]
        assert (told["ec2InstanceId"], told["agentConnected"], told["runningTasksCount"]) == (id, True, 1)
        tasks = ecs.list_tasks(cluster="shop", containerInstance=host)["taskArns"]
        [running] = ecs.describe_tasks(cluster="shop", tasks=tasks)["tasks"]
        assert (running["lastStatus"], running["containerInstanceArn"]) == ("RUNNING", host)
        found[id] = running["group"]
    assert sorted(found.values()) == ["service:api", "service:web"]
    [one] = ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    ecs.stop_task(cluster="shop", task=one)
    [other] = ecs.list_tasks(cluster="shop", serviceName="web")["taskArns"]
    assert other != one


def test_tasks_die_with_their_server_and_are_placed_on_another(cloud, cluster):
    ecs, ec2, [stopped, other] = cloud.client("ecs"), cloud.client("ec2"), add_servers(cloud, 2)
    arn = make(cloud, count=2)
    assert cloud.get(f"services/{slow(cloud, arn)}")["servers"] == sorted([stopped, other])
    ec2.stop_instances(InstanceIds=[stopped])
    assert counts(cloud)[:2] == (2, 1)
    cloud.until(lambda: counts(cloud) == (2, 1, 1))
    assert steady(cloud, arn)["servers"] == [other, other]
    [gone] = ecs.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]
    assert stopped in ecs.describe_tasks(cluster="shop", tasks=[gone])["tasks"][0]["stoppedReason"]
    ec2.terminate_instances(InstanceIds=[other])
    # Nothing is left to place a task on.
    assert counts(cloud) == (2, 0, 0)
    ecs.create_cluster(clusterName="shop")
    [told] = ecs.describe_clusters(clusters=["shop"])["clusters"]
    assert (told["registeredContainerInstancesCount"], told["runningTasksCount"]) == (1, 0)
    [host] = ecs.list_container_instances(cluster="shop")["containerInstanceArns"]
    [told] = ecs.describe_container_instances(cluster="shop", containerInstances=[host])["containerInstances"]
    assert (told["ec2InstanceId"], told["status"], told["agentConnected"]) == (stopped, "ACTIVE", False)
    cloud.until(lambda: cloud.server(stopped)["state"] == "stopped")
    ec2.start_instances(InstanceIds=[stopped])
    assert cloud.until(lambda: (seen := steady(cloud, arn))["running"] == 2 and seen)["servers"] == [stopped, stopped]


def test_services_come_in_tens_and_are_described_in_tens(cloud, cluster):
    ecs = cloud.client("ecs")
    tags = [{"key": "lockstep:app", "value": "shop"}]
    for number in range(12):
        ecs.create_service(
            cluster="shop", serviceName=f"s-{number:02}", taskDefinition="web", desiredCount=0, tags=tags
        )
    pages = list(ecs.get_paginator("list_services").paginate(cluster="shop"))
    assert [len(page["serviceArns"]) for page in pages] == [10, 2]
    every = [arn for page in pages for arn in page["serviceArns"]]
    assert code_of(ecs.describe_services, cluster="shop", services=every) == "InvalidParameterException"
    told = ecs.describe_services(cluster="shop", services=[*every[:9], "nowhere"], include=["TAGS"])
    assert [service["tags"] for service in told["services"]] == [tags] * 9
    assert [failure["reason"] for failure in told["failures"]] == ["MISSING"]
    assert ecs.list_clusters()["clusterArns"] == [told["services"][0]["clusterArn"]]


def test_a_service_or_cluster_that_is_not_there_is_refused(cloud, cluster):
    update = cloud.client("ecs").update_service
    assert code_of(update, cluster="shop", service="web", desiredCount=0) == "ServiceNotFoundException"
    assert code_of(update, cluster="none", service="web", desiredCount=0) == "ClusterNotFoundException"


def test_registering_a_target_again_pulls_the_count_between_its_limits(cloud, cluster):
    add_servers(cloud, 1)
    arn = make(cloud, count=2)
    register(cloud, MinCapacity=2, MaxCapacity=4)
    cloud.client("ecs").update_service(cluster="shop", service="web", desiredCount=0)
    register(cloud, SuspendedState=NO_SCALING)
    # Although nothing was said of a limit.
    assert counts(cloud)[0] == 2
    assert cloud.get(f"services/{arn}")["suspended"] == [*NO_SCALING]
    cloud.client("ecs").update_service(cluster="shop", service="web", desiredCount=0)
    steady(cloud, arn)
    [target] = cloud.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=["service/shop/web"]
    )["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"], target["SuspendedState"]) == (2, 4, NO_SCALING)
    [first, *_] = cloud.calls("application-autoscaling", "RegisterScalableTarget")
    assert (first["mutating"], first["resources"]) == (True, ["service/shop/web"])


@pytest.mark.parametrize(("suspended", "count"), [(False, 2), (True, 0)])
def test_a_scale_out_lifts_a_service_to_its_minimum_unless_it_is_suspended(cloud, cluster, suspended, count):
    add_servers(cloud, 1)
    arn = make(cloud, count=2)
    register(cloud, MinCapacity=2, MaxCapacity=4, **({"SuspendedState": NO_SCALING} if suspended else {}))
    cloud.client("ecs").update_service(cluster="shop", service="web", desiredCount=0)
    cloud.ask("PATCH", f"services/{arn}", {"scale_out_after_s": 60})
    cloud.until(lambda: cloud.calls("application-autoscaling", "ScaleOut"))
    assert counts(cloud)[0] == count


def test_targets_come_in_pages(cloud, cluster):
    for name in ("a", "b", "c"):
        make(cloud, name, 0)
        register(cloud, name, MinCapacity=0, MaxCapacity=1)
    pages = cloud.client("application-autoscaling").get_paginator("describe_scalable_targets")
    found = list(pages.paginate(ServiceNamespace="ecs", PaginationConfig={"PageSize": 2}))
    assert [len(page["ScalableTargets"]) for page in found] == [2, 1]


def test_a_workflow_scales_a_service_to_nothing(cloud, cluster):
    add_servers(cloud, 1)
    arn = slow(cloud, make(cloud, count=1))
    register(cloud, MinCapacity=1, MaxCapacity=2)
    target = {"ServiceNamespace": "ecs", "ResourceId": "service/shop/web",
              "ScalableDimension": "ecs:service:DesiredCount"}  # fmt: skip
    service = {"Cluster": "shop", "Service": "web"}
    missing = task("aws-sdk:ecs:updateService", {**service, "Service": "nowhere", "DesiredCount": 0})
    missing["Catch"] = [{"ErrorEquals": ["Ecs.ServiceNotFoundException"], "Next": "Look"}]
    ended = cloud.run(
        chain(
            Suspend=task(
                "aws-sdk:applicationautoscaling:registerScalableTarget", {**target, "SuspendedState": NO_SCALING}
            ),
            Scale=task("aws-sdk:ecs:updateService", {**service, "DesiredCount": 0}),
            Missing=missing,
            Look=task(
                "aws-sdk:ecs:describeServices",
                {"Cluster": "shop", "Services": [arn], "Include": ["TAGS"]},
                Output="{% $states.result.Services[0] %}",
            ),
        )
    )
    seen = ended["output"]
    assert (seen["ServiceArn"], seen["DesiredCount"], seen["RunningCount"], seen["PendingCount"]) == (arn, 0, 1, 0)
    assert (seen["SchedulingStrategy"], seen["Tags"], seen["LoadBalancers"]) == ("REPLICA", [], [])
    assert seen["Deployments"][0]["CreatedAt"].startswith("20")
    assert steady(cloud, arn)["running"] == 0


@pytest.mark.parametrize(
    ("fault", "error", "scaled"),
    [
        ({"kind": "throttle"}, "Ecs.EcsException", False),
        ({"kind": "error"}, "Ecs.ServerException", False),
        ({"kind": "deny"}, "Ecs.AccessDeniedException", False),
        ({"kind": "lost_answer"}, "Ecs.SdkClientException", True),
    ],
)
def test_a_call_goes_wrong_as_told(cloud, cluster, fault, error, scaled):
    cloud.client("ecs").create_service(cluster="shop", serviceName="web", taskDefinition="web", desiredCount=1)
    cloud.ask("POST", "faults", {"service": "ecs", "operation": "UpdateService", **fault})
    update = task("aws-sdk:ecs:updateService", {"Cluster": "shop", "Service": "web", "DesiredCount": 0})
    assert cloud.run(chain(Scale=update))["error"] == error
    assert (counts(cloud)[0] == 0) == scaled
