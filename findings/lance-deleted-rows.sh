#!/bin/sh
# A Lance dataset still holds its deleted rows and dropped columns after compaction and a clean-up of its old versions.
#
# Version: pylance 14.0.2 (the Python package of the Lance format), pyarrow 26.0.1.
# Expected: old versions of a dataset hold what was removed, as in every format with versions. Once `compact_files` has
#   "materialized" deletions and `cleanup_old_versions` has left one version, the directory holds what a reader gets.
# Behavior: it holds everything. Compaction leaves a file alone if fewer than a tenth of its rows were deleted, and if it
#   has no small neighbor to be merged with; dropping a column never counts. The one version that is left refers to the
#   first data file, in which the reader of single files finds every row and the dropped column. Only
#   `materialize_deletions_threshold=0` and another clean-up remove both, the column merely because some row was deleted as
#   well: where nothing but a column was dropped, they change nothing, and the dataset has to be written again.
# Why it matters: training data is often released after someone has removed rows on request, or a column with personal data.
#   `openness sign` signs the files as they are, and what `training-data` is said to contain is only what Lance shows. Write
#   the data into a new dataset before a release, and sign that one.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check pylance==14.0.2 pyarrow==26.0.1
cd "$directory"
"$directory/venv/bin/python" -W ignore - <<'PYTHON'
import datetime
import pathlib

import lance
import pyarrow as pa
from lance.file import LanceFileReader

ROWS = 1000


def write(path):
    columns = {"id": range(ROWS), "text": [f"tale {number}" for number in range(ROWS)]}
    columns["reader"] = [f"reader{number}@example.org" for number in range(ROWS)]
    return lance.write_dataset(pa.table({name: list(values) for name, values in columns.items()}), path)


def settle(path, **options):
    for _ in range(2):
        dataset = lance.dataset(path)
        dataset.optimize.compact_files(**options)
        dataset.cleanup_old_versions(older_than=datetime.timedelta(0))


def look(path, when):
    dataset = lance.dataset(path)
    shown = (dataset.schema.names, dataset.count_rows(), len(dataset.versions()))
    files = list(pathlib.Path(path, "data").iterdir())
    assert len(files) == 1, files
    table = LanceFileReader(str(files[0])).read_all().to_table()
    held = (table.schema.names, table.num_rows)
    print(f"{when}: a reader gets {shown[1]} rows of {shown[0]} in {shown[2]} version(s)")
    print(f"{' ' * len(when)}  the file has {held[1]} rows of {held[0]}")
    return shown, held


ALL, LEFT = ["id", "text", "reader"], ["id", "text"]
dataset = write("both.lance")
dataset.delete("id = 7")
dataset.drop_columns(["reader"])
settle("both.lance")
assert look("both.lance", "compacted") == ((LEFT, ROWS - 1, 1), (ALL, ROWS)), "the behavior has changed"
settle("both.lance", materialize_deletions_threshold=0.0)
assert look("both.lance", "with a threshold of 0") == ((LEFT, ROWS - 1, 1), (LEFT, ROWS - 1)), "the behavior has changed"
write("column.lance").drop_columns(["reader"])
settle("column.lance", materialize_deletions_threshold=0.0)
assert look("column.lance", "column alone") == ((LEFT, ROWS, 1), (ALL, ROWS)), "the behavior has changed"
PYTHON
