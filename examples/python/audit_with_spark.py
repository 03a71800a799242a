#!/usr/bin/env python3
"""Audits many releases with Apache Spark: each task of the audit is a row of a data frame.

    spark-submit audit_with_spark.py ALLOWED_SIGNERS OUT TARGETS

TARGETS has a target a line. OUT is on a file system that all nodes share. If it ends early, the same command goes on.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import openness
import pandas
from pyspark.sql import SparkSession


def main(signers: str, out: str, targets: str) -> None:
    trust = openness.Trust.from_allowed_signers(Path(signers))
    spark = SparkSession.builder.appName("openness audit").getOrCreate()

    def work(frames: Iterator[pandas.DataFrame]) -> Iterator[pandas.DataFrame]:
        for frame in frames:
            yield pandas.DataFrame({"done": [openness.tasks.run(task, out) for task in frame["task"]]})

    with openness.tasks.Plan(Path(targets).read_text().splitlines(), out, trust=trust) as plan:
        tasks = [(task,) for task in plan]
        if tasks:
            frame = spark.createDataFrame(tasks, "task string").repartition(len(tasks))
            frame.mapInPandas(work, "done string").collect()
        audit = plan.complete()
    for status, count in audit.statuses:
        print(f"{count:>9} {status}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
