"""JUnit XML: one test case per law, which fails by the findings at the calls of its parameters."""

from __future__ import annotations

from typing import TextIO
from xml.etree import ElementTree

from initlint.finding import Finding
from initlint.report.junit import document, xml_text
from initlint.report.records import finding_record, one_line
from initlint.runtime.outcome import Outcome, by_law, elsewhere


def report(outcome: Outcome, stream: TextIO) -> None:
    """Write the document; findings that belong to no parameter's call are a case of their own."""
    suite = ElementTree.Element("testsuite", name=f"initlint verify {outcome.target}")
    said: list[Finding] = []
    for group in by_law(outcome):
        case = _case(suite, outcome, group.law)
        case.extend(_failure(finding) for finding in group.findings if finding not in said)
        said += group.findings
        names = "\n".join(row.name for row in group.rows)
        ElementTree.SubElement(case, "system-out").text = xml_text(names)
    for finding in elsewhere(outcome):
        _case(suite, outcome, f"{finding.code} {finding.name}").append(_failure(finding))
    stream.write(document(suite))


def _case(suite: ElementTree.Element, outcome: Outcome, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=xml_text(outcome.target), name=xml_text(name))


def _failure(finding: Finding) -> ElementTree.Element:
    found = finding_record(finding)
    failure = ElementTree.Element("failure", message=xml_text(found["message"]), type=found["code"])
    failure.text = xml_text(one_line(found))
    return failure
