"""A JSON schema beside golden files."""

import json

import pytest
from jsonschema import Draft202012Validator


class Schema:
    """A schema that is read from a file."""

    def __init__(self, path):
        self.content = json.loads(path.read_text())
        self.validator = Draft202012Validator(self.content)

    def check(self):
        """Fails if it is no schema."""
        Draft202012Validator.check_schema(self.content)

    def errors(self, file):
        return list(self.validator.iter_errors(json.loads(file.read_text())))

    def problems_elsewhere(self, file):
        """The lines of what is expected for a file that lie neither where the schema finds an error, nor above or below one."""
        found = {"".join(f"/{key}" for key in error.absolute_path) for error in self.errors(file)}
        elsewhere = []
        for line in file.with_suffix(".expected").read_text().splitlines():
            pointer = line.split(": ")[0].replace("~1", "/").replace("~0", "~")
            if not any(place.startswith(pointer) or pointer.startswith(place) for place in found):
                elsewhere.append(line)
        return elsewhere


def golden(folder, pattern):
    """The files of a folder as the cases of a test; there have to be some."""
    files = sorted(folder.glob(pattern))
    assert files
    return pytest.mark.parametrize("file", files, ids=lambda file: file.stem)
