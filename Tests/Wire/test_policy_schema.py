"""The JSON schema of policy files agrees with the gateway's own reading: over the golden files of the Swift tests."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "Tests/JetwayPolicyTests/Golden"
SCHEMA = json.loads((ROOT / "policies/policy.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def golden(folder, pattern):
    files = sorted(folder.glob(pattern))
    assert files
    return pytest.mark.parametrize("file", files, ids=lambda file: file.stem)


def errors(file):
    return list(VALIDATOR.iter_errors(json.loads(file.read_text())))


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@golden(GOLDEN, "valid.*.json")
def test_a_valid_file_is_valid_by_the_schema(file):
    assert not errors(file)


@golden(ROOT / "policies/examples", "*.json")
def test_an_example_is_valid_by_the_schema(file):
    assert not errors(file)


@golden(GOLDEN, "invalid.shape.*.json")
def test_a_file_of_the_wrong_shape_is_invalid_by_the_schema(file):
    assert errors(file)


@golden(GOLDEN, "invalid.rule.*.json")
def test_what_only_a_rule_forbids_is_valid_by_the_schema(file):
    assert not errors(file)


@golden(GOLDEN, "invalid.shape.*.json")
def test_what_one_place_has_wrong_the_schema_says_of_that_place(file):
    """Each problem of the gateway lies where the schema finds one, or above or below it."""
    found = {"".join(f"/{key}" for key in error.absolute_path) for error in errors(file)}
    for line in file.with_suffix(".expected").read_text().splitlines():
        pointer = line.split(": ")[0].replace("~1", "/").replace("~0", "~")
        assert any(place.startswith(pointer) or pointer.startswith(place) for place in found), f"{line}: {found}"
