"""JUnit XML: one test case per law, which fails by the findings at the calls of its parameters."""

from __future__ import annotations

from typing import TextIO
from xml.etree import ElementTree

from initlint.report.junit import document, xml_text
from initlint.runtime.outcome import Outcome, by_law


def report(outcome: Outcome, stream: TextIO) -> None:
    """Write the document; findings that belong to no parameter's call are a case of their own."""
    suite = ElementTree.Element("testsuite", name=f"initlint verify {outcome.target}")
    left = list(outcome.findings)
    for law, rows in by_law(outcome.parameters):
        case = ElementTree.SubElement(suite, "testcase", classname=xml_text(outcome.target), name=xml_text(law))
        places = {row.place for row in rows}
        own = [finding for finding in left if f"{finding.path}:{finding.region.line}" in places]
        left = [finding for finding in left if finding not in own]
        for finding in own:
            ElementTree.SubElement(case, "failure", message=xml_text(finding.message), type=finding.code)
    for finding in left:
        case = ElementTree.SubElement(suite, "testcase", classname=xml_text(outcome.target), name=finding.code)
        ElementTree.SubElement(case, "failure", message=xml_text(finding.message), type=finding.code)
    stream.write(document(suite))
