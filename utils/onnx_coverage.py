# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""docs/onnx-coverage.md: the verdicts on ONNX's backend tests as a page, and back; see onnx-tests.py."""

import collections
import re

VERDICTS = ("pass", "refused", "unsupported yet", "wrong", "crash")

HEAD = """# ONNX's backend tests

What becomes of ONNX's own tests of operators when they are compiled, proven and run with `--f32-matmul=f32`.
Written by `utils/onnx-tests.py --write-coverage`, which also says what the verdicts mean.

"""


def counts(results):
    found = collections.Counter(result["verdict"] for result in results)
    return " | ".join(str(found[verdict] or "") for verdict in VERDICTS)


def header(first, *more):
    columns = (first, *VERDICTS, *more)
    return f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n"


def operator_of(name, results):
    """The operator that a test is about. ONNX writes the test of a function once more, expanded to nodes."""
    whole = results.get(name.split("_expanded")[0], results[name])
    return whole.get("operator") or "several"


def short(reason):
    """The first of several reasons, on one line."""
    first, *others = reason.split("; ")
    more = f" (and {len(others)} more)" if others else ""
    return (first.replace("\n", " ").replace("|", "\\|"))[:300] + more


def bare(reason):
    """A reason without its place."""
    return re.sub(r"^.*?operator \w+, domain '[^']*', version \d+: ", "", short(reason)).split(" (and ")[0]


def render(results):
    text = HEAD + header("folder")
    for folder in sorted({name.split("/")[0] for name in results}):
        text += f"| {folder} | {counts(r for name, r in results.items() if name.startswith(folder + '/'))} |\n"
    text += "\n## By operator\n\n" + header("operator", "reasons")
    operators = collections.defaultdict(list)
    for name, result in results.items():
        operators[operator_of(name, results)].append(result)
    for operator, found in sorted(operators.items()):
        reasons = dict.fromkeys(bare(result["reason"]) for result in found if "reason" in result)
        text += f"| {operator} | {counts(found)} | {'; '.join(list(reasons)[:3])} |\n"
    text += "\n## Tests that do not pass\n\n| test | verdict | reason |\n| --- | --- | --- |\n"
    for name, result in sorted(results.items()):
        if result["verdict"] != "pass":
            text += f"| {name} | {result['verdict']} | {short(result['reason'])} |\n"
    return text


def changes(results, page):
    """How the verdicts differ from the page's, a line for each test. Tests that did not run are passed over."""
    known = dict(re.findall(r"^\| (\S+/\S+) \| ([a-z ]+) \|", page, re.MULTILINE))
    return [f"{name} is '{result['verdict']}', recorded as '{known.get(name, 'pass')}'"
            for name, result in sorted(results.items()) if result["verdict"] != known.get(name, "pass")]
