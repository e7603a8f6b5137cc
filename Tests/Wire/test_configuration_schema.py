"""The JSON schema of the configuration agrees with the gateway's own reading: over the golden files of the Swift tests."""

import copy
import json
from pathlib import Path

from harness.gateway import refused
from harness.schemas import Schema, golden

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "Tests/JetwayTests/Configuration"
SCHEMA = Schema(ROOT / "policies/jetway.schema.json")
# A name that is no slip of any other, so that the gateway lists the names that it knows.
UNKNOWN = "zzzzzzzzzzzz"


def test_the_schema_is_one():
    SCHEMA.check()


@golden(GOLDEN, "valid.*.json")
def test_a_valid_file_is_valid_by_the_schema(file):
    assert not SCHEMA.errors(file)


@golden(GOLDEN, "invalid.shape.*.json")
def test_a_file_of_the_wrong_shape_is_invalid_by_the_schema(file):
    assert SCHEMA.errors(file)


@golden(GOLDEN, "invalid.rule.*.json")
def test_what_only_a_rule_forbids_is_valid_by_the_schema(file):
    assert not SCHEMA.errors(file)


@golden(GOLDEN, "invalid.shape.*.json")
def test_what_one_place_has_wrong_the_schema_says_of_that_place(file):
    """Each problem of the gateway lies where the schema finds one, or above or below it."""
    elsewhere = SCHEMA.problems_elsewhere(file)
    # Those of a rule are no matter of the schema.
    assert not [line for line in elsewhere if "the method passthrough needs" not in line]


def definitions(schema, value):
    """The parts of the schema that speak of a value: references followed, and of alternatives the one that it is meant to be."""
    if "$ref" in schema:
        schema = SCHEMA.content["$defs"][schema["$ref"].removeprefix("#/$defs/")]
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


@golden(GOLDEN, "valid.*.json")
def test_the_schema_has_the_keys_that_the_gateway_knows(file, tmp_path):
    """An unknown key in each object makes the gateway list those that it knows there."""
    value = json.loads(file.read_text())
    value.setdefault("limits", {}).setdefault("downstream", {})
    value["limits"].setdefault("upstream", {})
    expected = {}
    for pointer, found, schema in list(objects(SCHEMA.content, copy.deepcopy(value))):
        if not schema.get("properties", {}).keys() >= found.keys():
            raise AssertionError(f"{pointer}: {schema.get('properties', {}).keys()} are not all of {found.keys()}")
        expected[f"{pointer}/{UNKNOWN}"] = set(schema["properties"]) | LENIENT.get(found.get("type"), set())
    for pointer, found, _ in list(objects(SCHEMA.content, value)):
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
