"""The schemas of those who read reports; schemas/README.md says whose they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import xmlschema

SCHEMAS = Path(__file__).parent / "schemas"


def json_schema(name: str) -> Any:
    """The validator of a JSON schema, formats included."""
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)
    return validator(schema, format_checker=validator.FORMAT_CHECKER)


def sarif() -> Any:
    """The validator of SARIF 2.1.0."""
    return json_schema("sarif-schema-2.1.0.json")


def codeclimate() -> Any:
    """The validator of an issue of GitLab's code quality report."""
    return json_schema("codeclimate.json")


def junit() -> xmlschema.XMLSchema:
    """The validator of JUnit XML as Jenkins takes it."""
    return xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
