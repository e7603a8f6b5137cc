"""The flights of `jetway demo` as tables and as files, from the script that makes them."""

import runpy
from pathlib import Path

MAKER = runpy.run_path(str(Path(__file__).parents[3] / "scripts/make-sample-data"), run_name="samples")
SAMPLES = MAKER["samples"]()
BY_NAME = {sample.name: sample for sample in SAMPLES}


def write_samples(folder):
    """Writes the files of all samples below `folder`."""
    for sample in SAMPLES:
        path = folder / sample.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sample.content)
    return folder
