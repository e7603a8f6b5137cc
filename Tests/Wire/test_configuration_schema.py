"""The JSON schema of the configuration agrees with the gateway's own reading: over the golden files of the Swift tests."""

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from harness.gateway import refused

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "Tests/JetwayTests/Configuration"
SCHEMA = json.loads((ROOT / "policies/jetway.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
# A name that is no slip of any other, so that the gateway lists the names that it knows.
UNKNOWN = "zzzzzzzzzzzz"


def golden(pattern):
    files = sorted(GOLDEN.glob(pattern))
    assert files
    return pytest.mark.parametrize("file", files, ids=lambda file: file.stem)


def errors(file):
    return list(VALIDATOR.iter_errors(json.loads(file.read_text())))


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@golden("valid.*.json")
def test_a_valid_file_is_valid_by_the_schema(file):
    assert not errors(file)


@golden("invalid.shape.*.json")
def test_a_file_of_the_wrong_shape_is_invalid_by_the_schema(file):
    assert errors(file)


@golden("invalid.rule.*.json")
def test_what_only_a_rule_forbids_is_valid_by_the_schema(file):
    assert not errors(file)


@golden("invalid.shape.*.json")
def test_what_one_place_has_wrong_the_schema_says_of_that_place(file):
    """Each problem of the gateway lies where the schema finds one, or above or below it."""
    found = {"".join(f"/{key}" for key in error.absolute_path) for error in errors(file)}
    for line in file.with_suffix(".expected").read_text().splitlines():
        pointer = line.split(": ")[0].replace("~1", "/").replace("~0", "~")
        if "the method passthrough needs" in line:
            continue  # a rule's
        assert any(place.startswith(pointer) or pointer.startswith(place) for place in found), f"{line}: {found}"


def definitions(schema, value):
    """The parts of the schema that speak of a value: references followed, and of alternatives the one that it is meant to be."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if "oneOf" not in schema:
        return schema
    for part in schema["oneOf"]:
        part = definitions(part, value)
        if isinstance(value, dict) and part.get("type") == "object":
            constants = {key: rule["const"] for key, rule in part["properties"].items() if "const" in rule}
            if all(value.get(key) == constant for key, constant in constants.items()):
                if set(part.get("required", [])) <= set(value):
                    return part
    return {}


def objects(schema, value, pointer=""):
    """Each object of a file with its pointer, and the schema of it."""
    schema = definitions(schema, value)
    if isinstance(value, dict):
        if "properties" in schema:
            yield pointer, value, schema
        for key, member in value.items():
            inner = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if inner:
                yield from objects(inner, member, f"{pointer}/{key}")
    elif isinstance(value, list) and "items" in schema:
        for index, element in enumerate(value):
            yield from objects(schema["items"], element, f"{pointer}/{index}")


# What the gateway knows and says better why it is not taken, and what it takes apart only after reading.
LENIENT = {"identityHeaders": {"key", "audience"}}


@golden("valid.*.json")
def test_the_schema_has_the_keys_that_the_gateway_knows(file, tmp_path):
    """An unknown key in each object makes the gateway list those that it knows there."""
    value = json.loads(file.read_text())
    value.setdefault("limits", {}).setdefault("downstream", {})
    value["limits"].setdefault("upstream", {})
    expected = {}
    for pointer, found, schema in list(objects(SCHEMA, copy.deepcopy(value))):
        if not schema.get("properties", {}).keys() >= found.keys():
            raise AssertionError(f"{pointer}: {schema.get('properties', {}).keys()} are not all of {found.keys()}")
        expected[f"{pointer}/{UNKNOWN}"] = set(schema["properties"]) | LENIENT.get(found.get("type"), set())
    for pointer, found, _ in list(objects(SCHEMA, value)):
        found[UNKNOWN] = 1
    mutant = tmp_path / "jetway.json"
    mutant.write_text(json.dumps(value))
    code, output, _ = refused("check", "--config", mutant, "--json")
    assert code == 1
    known = {
        problem["pointer"]: set(problem["hint"].removeprefix("known here: ").split(", "))
        for problem in json.loads(output)
        if problem["pointer"].endswith(f"/{UNKNOWN}")
    }
    assert known == expected
