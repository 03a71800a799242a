"""Audits on a Dask cluster. Needs `pip install distributed`.

    import openness.dask
    audit = openness.dask.audit(targets, "/shared/audit", trust=trust, client=client)

As `openness.ray`, with Dask: the rows have the same bytes as those of `openness.audit`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from itertools import islice
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
    client: Any = None,
    progress: Callable[[int], object] | None = None,
    **options: Unpack[AuditOptions],
) -> Audit:
    """Audits releases with the tasks of a Dask cluster.

    Args:
        targets: As for `openness.audit`. Paths are absolute, and lead to the same on every machine.
        out: The directory to write into, on a file system that all machines share.
        trust: Who is trusted.
        client: A `distributed.Client`. Default: the current one, or else a cluster on this machine for the time of the work.
        progress: Called with the number of tasks that were done, after each.
        **options: As for `openness.audit`.

    Raises:
        Error, OSError: The work could not be done. What is done stays; call the function again to go on.
    """
    distributed = import_engine("dask", "distributed", progress)
    with Plan(require_absolute(targets), out, trust=trust, **options) as plan:
        if client is not None:
            _work(distributed, client, plan, options.get("program"), progress)
            return plan.complete()
        try:
            current = distributed.get_client()
        except ValueError:
            with distributed.Client(dashboard_address=None) as own:
                _work(distributed, own, plan, options.get("program"), progress)
        else:
            _work(distributed, current, plan, options.get("program"), progress)
        return plan.complete()


def _work(
    distributed: Any,
    client: Any,
    plan: Plan,
    program: str | os.PathLike[str] | None,
    progress: Callable[[int], object] | None,
) -> None:
    """Does all tasks of a plan. What is sent ahead is enough to keep every worker busy."""
    most = max(64, 4 * sum(client.nthreads().values()))
    tasks = iter(plan)

    def submit(count: int) -> list[Any]:
        return [client.submit(run, task, plan.out, program=program, pure=False, retries=10) for task in islice(tasks, count)]

    waiting = distributed.as_completed(submit(most))
    for count, future in enumerate(waiting, start=1):
        future.result()
        waiting.update(submit(1))
        if progress is not None:
            progress(count)
