"""The JSON schema of policy files agrees with the gateway's own reading: over the golden files of the Swift tests."""

from pathlib import Path

from harness.schemas import Schema, golden

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "Tests/JetwayPolicyTests/Golden"
SCHEMA = Schema(ROOT / "policies/policy.schema.json")


def test_the_schema_is_one():
    SCHEMA.check()


@golden(GOLDEN, "valid.*.json")
def test_a_valid_file_is_valid_by_the_schema(file):
    assert not SCHEMA.errors(file)


@golden(ROOT / "policies/examples", "*.json")
def test_an_example_is_valid_by_the_schema(file):
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
    assert not SCHEMA.problems_elsewhere(file)
