"""The site is built in strict mode, holds a page per rule, and leads nowhere that is not there."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from commands import ROOT

from initlint import catalogue
from initlint.facts.api.layers import LAYERS

pytestmark = pytest.mark.packaging
pytest.importorskip("material")

HOST = "https://site.invalid/"
COMMAND = "python -m mkdocs build --strict --config-file .docs/mkdocs.yml"


class Links(HTMLParser):
    """What a page links to, what it loads, and the places in it that can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.loads += [given[name] for name in ("src", "href") if name in given and tag in ("script", "link", "img")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built by the one command of CI into a folder of the tests'."""
    folder = tmp_path_factory.mktemp("site")
    words = COMMAND.removeprefix("python ").split()
    done = subprocess.run(
        [sys.executable, *words, "--site-dir", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Links]:
    """The pages by address."""
    found = {}
    for path in site.rglob("*.html"):
        address = path.relative_to(site).as_posix().removesuffix("index.html")
        found[HOST + address] = Links(path.read_text(encoding="utf-8"))
    return found


def test_ci_builds_the_site_by_the_same_command() -> None:
    assert f"    {COMMAND}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_rule_has_a_page_that_the_index_leads_to(site: Path, pages: dict[str, Links]) -> None:
    leads = {urljoin(HOST + "rules/", link) for link in pages[HOST + "rules/"].links}
    for rule in catalogue.rules():
        if rule.module.startswith("initlint.rules."):
            address = rule.module.removeprefix("initlint.").replace(".", "/") + "/"
            assert HOST + address in leads, rule.code
            text = (site / address / "index.html").read_text(encoding="utf-8")
            assert f"{rule.name} ({rule.code})" in text
            assert "py bad" not in text


def test_the_theory_holds_every_layer_with_a_default_init(site: Path) -> None:
    text = (site / "theory" / "index.html").read_text(encoding="utf-8")
    names = {layer.name for layer in LAYERS.values() if layer.default_init and not layer.name.startswith("Lazy")}
    assert len(names) > 20
    assert {name for name in names if f"<code>{name}</code>" not in text} == set()
    assert "{%" not in text
    assert re.search(r"<td>1\.6667</td>", text)


def test_every_link_leads_to_a_page_and_a_place(site: Path, pages: dict[str, Links]) -> None:
    dead = []
    for address, page in pages.items():
        for link in page.links:
            target = urlsplit(urljoin(address, link))
            if target.netloc != urlsplit(HOST).netloc:
                continue
            to = pages.get(HOST + target.path.removeprefix("/"))
            there = to is not None or (site / unquote(target.path).removeprefix("/")).is_file()
            if not there or (to is not None and target.fragment and unquote(target.fragment) not in to.places):
                dead.append((address, link))
    assert dead == []


def test_nothing_is_loaded_from_elsewhere(pages: dict[str, Links]) -> None:
    loads = {urljoin(address, load) for address, page in pages.items() for load in page.loads}
    assert [load for load in loads if not load.startswith(HOST)] == []
