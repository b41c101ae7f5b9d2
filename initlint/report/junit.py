"""JUnit XML: one test case per file that was checked, a failure per finding, an error per diagnostic."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO
from xml.etree import ElementTree

from initlint.report.records import Summary, diagnostic_record, finding_record, one_line

if TYPE_CHECKING:
    from initlint.engine import Result


def report(results: Iterable[Result], stream: TextIO, summary: Summary) -> None:
    """Write the document once the last result has come."""
    suite = ElementTree.Element("testsuite", name="initlint")
    for result in summary.count(results):
        case = ElementTree.SubElement(suite, "testcase", classname="initlint", name=xml_text(str(result.path)))
        for found in map(finding_record, result.findings):
            failure = ElementTree.SubElement(case, "failure", message=xml_text(found["message"]), type=found["code"])
            failure.text = xml_text(one_line(found))
        for failed in map(diagnostic_record, result.diagnostics):
            error = ElementTree.SubElement(case, "error", message=xml_text(failed["message"]), type=failed["code"])
            error.text = xml_text(one_line(failed))
    stream.write(document(suite))


def document(suite: ElementTree.Element) -> str:
    """A document of one suite, with its cases counted."""
    failing = sum(case.find("failure") is not None for case in suite)
    broken = sum(case.find("error") is not None for case in suite)
    suite.attrib |= {"tests": str(len(suite)), "failures": str(failing), "errors": str(broken)}
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
