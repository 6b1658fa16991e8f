"""Puts the cloud together: MiniStack in this process, moto behind it, the world around them."""

import asyncio
import gc
import logging
import os
import threading

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config


def serve(port: int, state_dir: str | None) -> None:
    _set_environment(port, state_dir)
    from tests.cloud import web

    _install()
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    asyncio.run(hypercorn_serve(web.application, config))


def _set_environment(port: int, state_dir: str | None) -> None:
    """What MiniStack and its Lambdas read, most of it when they are imported."""
    os.environ.update(
        {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_REGION": os.environ.get("AWS_REGION", "us-east-1"),
            "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
            "MINISTACK_REGION": os.environ.get("MINISTACK_REGION", "us-east-1"),
            # moto asks for credentials when its backends talk to each other.
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    )
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    # A profile of the developer must not reach the Lambdas.
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"):
        os.environ.pop(name, None)
    if state_dir:
        os.makedirs(state_dir, exist_ok=True)
        os.environ["TMPDIR"] = os.path.abspath(state_dir)


def _install() -> None:
    from ministack import app
    from ministack.core import router
    from ministack.services import eventbridge, scheduler, ses_v2

    from tests.cloud import (
        alarms,
        bus_policies,
        buses,
        capacity,
        container_answers,
        containers,
        database_answers,
        databases,
        dead_letters,
        documents,
        gateway,
        group_answers,
        groups,
        key_answers,
        key_events,
        key_states,
        key_stores,
        lambdas,
        mails,
        metrics,
        moto_service,
        permissions,
        resource_policies,
        roles,
        scaling,
        server_answers,
        servers,
        spelling,
        ssm,
        tagged,
        tags,
        templates,
        throttling,
        workflow_definitions,
        workflow_events,
        workflow_history,
        workflow_maps,
        workflow_sdk,
        workflow_starts,
        workflow_states,
        workflow_steps,
        workflow_time,
    )

    router.SERVICE_PATTERNS["application-autoscaling"] = {"target_prefixes": ["AnyScaleFrontendService"]}
    handlers = app.SERVICE_HANDLERS
    handlers["ec2"] = throttling.limited(moto_service.handler("ec2", _ec2))
    handlers["autoscaling"] = moto_service.handler("autoscaling", _autoscaling)
    handlers["application-autoscaling"] = moto_service.handler("application-autoscaling", _application_autoscaling)
    handlers["ecs"] = moto_service.handler("ecs", _ecs)
    handlers["rds"] = moto_service.handler("rds", _rds)
    # Amazon DocumentDB is asked and answers by the API of RDS.
    router._documentdb_claims = lambda parameters: False
    handlers["ssm"] = ssm.handler(handlers["ssm"])
    handlers["kms"] = key_answers.handler(handlers["kms"])
    handlers["dynamodb"] = capacity.weighed(handlers["dynamodb"])
    handlers["tagging"] = tagged.handler(handlers["tagging"])
    for service, handler in list(handlers.items()):
        handlers[service] = gateway.guard(service, handler)
    ses_v2.handle_request = gateway.guard("ses", ses_v2.handle_request)
    for service in ("iam", "cloudformation"):
        gateway.listen(service, roles.forget)

    for part in (
        servers, server_answers, groups, group_answers, databases, database_answers,
        containers, container_answers, scaling, buses, bus_policies,
        tags, templates, documents, key_answers, key_events, key_states, key_stores, mails, lambdas, dead_letters,
        spelling, workflow_time, workflow_starts, workflow_states, workflow_maps, workflow_definitions,
        workflow_events, workflow_sdk, workflow_steps, workflow_history, metrics, alarms, permissions,
        resource_policies,
    ):  # fmt: skip
        part.install()
    # Schedules are looked at by the virtual clock, so their watch must be short in real time.
    eventbridge._SCHEDULER_TICK_INTERVAL = 0.1
    scheduler._SCHEDULE_TICK_INTERVAL = 0.1
    # What was imported stays; looking through it again and again takes a quarter of a busy cloud's time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    logging.getLogger("hypercorn.access").setLevel(logging.ERROR)
    # moto's EC2 takes a second to import; nobody shall wait for it at the first call.
    threading.Thread(target=_ec2, daemon=True, name="warm-up").start()


def _ec2() -> type:
    from moto.ec2.responses import EC2Response

    return EC2Response


def _ecs() -> type:
    from moto.ecs.responses import EC2ContainerServiceResponse

    return EC2ContainerServiceResponse


def _rds() -> type:
    from moto.rds.responses import RDSResponse

    return RDSResponse


def _autoscaling() -> type:
    from moto.autoscaling.responses import AutoScalingResponse

    return AutoScalingResponse


def _application_autoscaling() -> type:
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

    return ApplicationAutoScalingResponse
