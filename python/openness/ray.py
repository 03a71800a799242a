"""Audits on a Ray cluster. Needs `pip install ray`.

    import openness.ray
    audit = openness.ray.audit(targets, "/shared/audit", trust=trust)

Each task is a part of the audit (`openness.tasks`), so that the rows have the same bytes as those of `openness.audit`, whatever
happens to workers, nodes and the driver meanwhile. Every node needs this package in the same version, and the output on a file
system that all nodes share. If the driver ends, call the function again to go on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ._trust import Trust
from ._values import Audit
from .tasks import AuditOptions, Plan, import_engine, require_absolute, run

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["audit"]


def audit(
    targets: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    trust: Trust,
    ray_options: Mapping[str, Any] | None = None,
    progress: Callable[[int], object] | None = None,
    **options: Unpack[AuditOptions],
) -> Audit:
    """Audits releases with the tasks of a Ray cluster: the one that `ray.init` was called for, or else the one that `RAY_ADDRESS`
    names, or else this machine.

    Args:
        targets: As for `openness.audit`. Paths are absolute, and lead to the same on every node.
        out: The directory to write into, on a file system that all nodes share.
        trust: Who is trusted.
        ray_options: Options of the tasks, as for `ray.remote`, such as `{"resources": {"audit": 1}}`. Default: one processor each, and
            ten more attempts when a worker or node is lost or the output cannot be written.
        progress: Called with the number of tasks that were done, after each.
        **options: As for `openness.audit`.

    Raises:
        Error, OSError: The work could not be done. What is done stays; call the function again to go on.
    """
    ray = import_engine("ray", "ray", progress)
    with Plan(require_absolute(targets), out, trust=trust, **options) as plan:
        if not ray.is_initialized():
            ray.init()
        attempts = {"num_cpus": 1, "max_retries": 10, "retry_exceptions": True}
        remote = ray.remote(run).options(**{**attempts, **(ray_options or {})})
        # What waits shows an autoscaler how many nodes are wanted. More would only take memory.
        most = max(64, 4 * int(ray.cluster_resources().get("CPU", 1)))
        program = options.get("program")
        waiting: list[Any] = []
        count = 0
        try:
            for task in plan:
                waiting.append(remote.remote(task, plan.out, program=program))
                while len(waiting) >= most:
                    count = _collect(ray, waiting, count, progress)
            while waiting:
                count = _collect(ray, waiting, count, progress)
        except BaseException:
            for one in waiting:
                ray.cancel(one)
            raise
        return plan.complete()


def _collect(ray: Any, waiting: list[Any], count: int, progress: Callable[[int], object] | None) -> int:
    """Waits for a task, and returns how many are done."""
    done, waiting[:] = ray.wait(waiting, num_returns=1)
    try:
        ray.get(done)
    except ray.exceptions.RayTaskError as error:
        # The exception of the task, without that of Ray around it.
        raise error.cause from error
    count += len(done)
    if progress is not None:
        progress(count)
    return count
