#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The operands that docs/operators.md lists (as a unit test sees to it, the conversion's table) are those of ONNX's own
schemas, as far as the installed onnx package knows the operator: no operand that a schema has is refused, and none may
be left out that every schema requires."""

import os
import re
import unittest
from pathlib import Path

from onnx import defs

DOMAINS = {"": "ai.onnx", "ai.onnx.ml": "ai.onnx.ml", "ai.onnx.preview.training": "ai.onnx.preview.training"}
# May be left out in a version that is newer than the package.
NEWER = {("OptionalHasElement", 0)}
Option = defs.OpSchema.FormalParameterOption


def documented():
    """{(domain, operator): {since version: [(may be left out, stands for several), ...]}}"""
    text = (Path(os.environ["SLUICE_SOURCE"]) / "docs" / "operators.md").read_text()
    text = text.split("<!-- begin operators -->")[1].split("<!-- end operators -->")[0]
    table = {}
    for name, versions, operands in re.findall(r"^\| (\S+) \| ([\d, ]+) \| `?(.*?)`? \|$", text, flags=re.M):
        domain, _, operator = name.rpartition(".")
        marks = [re.match(r"\w+([?*+]*)", operand).group(1) for operand in operands.split()]
        listed = [("?" in mark or "*" in mark, "*" in mark or "+" in mark) for mark in marks]
        for version in versions.split(","):
            table.setdefault((domain or "ai.onnx", operator), {})[int(version)] = listed
    return table


def entries():
    """(operator, version, documented operands, schemas that they hold for)"""
    schemas = {}
    for schema in defs.get_all_schemas_with_history():
        schemas.setdefault((DOMAINS[schema.domain], schema.name), []).append(schema)
    for key, versions in sorted(documented().items()):
        for version, listed in sorted(versions.items()):
            end = min((later for later in versions if later > version), default=1 << 30)
            held = [s for s in schemas.get(key, []) if version <= s.since_version < end]
            if held:
                yield key[1], version, listed, held


class OperandLists(unittest.TestCase):
    def test_there_are_many(self):
        self.assertGreater(len(list(entries())), 150)

    def test_no_operand_of_a_schema_is_refused(self):
        for operator, version, listed, schemas in entries():
            for schema in schemas:
                for index, operand in enumerate(schema.inputs):
                    with self.subTest(f"{operator} {version}, schema {schema.since_version}, operand {index}"):
                        isVariadic = operand.option == Option.Variadic
                        self.assertTrue(index < len(listed) or (listed and listed[-1][1]), "not known")
                        mayBeAbsent, isList = listed[min(index, len(listed) - 1)]
                        if operand.option == Option.Optional or (isVariadic and index >= schema.min_input):
                            self.assertTrue(mayBeAbsent, "required")
                        if isVariadic:
                            self.assertTrue(isList, "one only")

    def test_what_every_schema_requires_is_required(self):
        for operator, version, listed, schemas in entries():
            for index in range(min(schema.min_input for schema in schemas)):
                if (operator, index) not in NEWER and all(s.inputs[min(index, len(s.inputs) - 1)].option != Option.Optional
                                                         for s in schemas):
                    with self.subTest(f"{operator} {version}, operand {index}"):
                        self.assertFalse(listed[min(index, len(listed) - 1)][0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
