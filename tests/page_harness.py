"""Holds the page of a rule against the rule: every code block is an example that must come out as the page says.

Negatives are counted like this: a positive is one code of an `# error:` comment that is the page's own; a negative is a
top-level statement of a `py good` block under `When it stays silent` that is neither an import nor a docstring nor the
assignment of a name (a class, a function, a call, a loop, a guard); every block counts for at least one.

What is asked of an example always concerns the rules that are on by default together with the page's own rule, whatever
its default. Fixing concerns the own rule alone, unsafe fixes included.
"""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from initlint import catalogue, engine, fixing, pages
from initlint.engine import Options
from initlint.facts.project import Project, Sketch
from initlint.finding import Finding, Safety
from initlint.pages import Block, BlockKind, Page
from initlint.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from page_spellings import Variant

    from initlint.fixing import Fixed
    from initlint.rule import Rule

PATH = Path("example.py")

Pairs = list[tuple[int, str]]
"""(line, code) of findings, sorted."""


@dataclass(frozen=True)
class Example:
    """A block of the page of a rule; `number` counts the blocks of its kind from 1."""

    rule: Rule
    page: Page
    block: Block
    number: int

    def __str__(self) -> str:
        return f"{self.rule.code}-{self.block.kind}-{self.number}"

    @property
    def code(self) -> str:
        """The code without expectations."""
        return self.block.bare

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are on by default, and the page's own."""
        return with_defaults(self.rule)

    @property
    def expected(self) -> Pairs:
        """What must be found: the `# error:` comments."""
        return sorted((error.line, code) for error in self.block.errors for code in error.codes)

    @property
    def fixed(self) -> Block | None:
        """The block that shows the code after fixing."""
        return self.page.fixed_after(self.block) if self.block.kind is BlockKind.BAD else None

    @property
    def raises(self) -> bool:
        """Whether some of its lines raise."""
        return any(error.raises for error in self.block.errors)


def examples(rules: Sequence[Rule], *kinds: BlockKind) -> list[Example]:
    """The examples of these kinds on the pages of rules; none on a page that breaks the grammar."""
    return [example for rule in rules for page in _readable(rule) for example in examples_of(rule, page, *kinds)]


def examples_of(rule: Rule, page: Page, *kinds: BlockKind) -> list[Example]:
    """The examples of these kinds on one page."""
    return [
        Example(rule, page, block, number) for kind in kinds for number, block in enumerate(page.blocks_of(kind), 1)
    ]


def with_defaults(own: Rule) -> tuple[Rule, ...]:
    """The rules that are on by default, and this one, sorted by code."""
    chosen = {rule.code: rule for rule in (*catalogue.select(), own)}
    return tuple(chosen[code] for code in sorted(chosen))


def findings(code: str, rules: Sequence[Rule], options: Options | None = None) -> tuple[Finding, ...]:
    """What rules find in code, which must give no diagnostics."""
    result = engine.check_source(source_of(code), rules, options or alone(code))
    assert not result.diagnostics, result.diagnostics
    return result.findings


def alone(code: str, **options: Any) -> Options:
    """The options for code that is all of its project."""
    return Options(elsewhere=Project([(str(PATH), Sketch.of(code))]).elsewhere(str(PATH)), **options)


def pairs(found: Sequence[Finding]) -> Pairs:
    """Lines and codes of findings."""
    return sorted((finding.region.line, finding.code) for finding in found)


def fix(code: str, rule: Rule) -> str:
    """The code after all edits of one rule, unsafe ones included, to convergence."""
    return fix_source(source_of(code), (rule,)).text


def fix_source(source: Source, rules: Sequence[Rule]) -> Fixed:
    """The outcome of all edits of rules, unsafe ones included; no edit may be left out."""

    def check(current: Source) -> tuple[Finding, ...]:
        return engine.check_source(current, rules, alone(current.text)).findings

    fixed = fixing.fix_source(source, check, unsafe=True)
    assert not fixed.diagnostics, fixed.diagnostics
    return fixed


def source_of(code: str) -> Source:
    """A source that holds this code in UTF-8."""
    return Source.from_bytes(PATH, code.encode())


def positives(page: Page) -> int:
    """The number of findings of the page's own rule that its examples expect."""
    bad = page.blocks_of(BlockKind.BAD, BlockKind.MODEL)
    return sum(error.codes.count(page.code) for block in bad for error in block.errors)


def negatives(page: Page) -> int:
    """The number of silent sites that the page shows under `When it stays silent`."""
    silent = [block for block in page.blocks_of(BlockKind.GOOD) if block.section == pages.SILENT]
    models = [block for block in page.blocks_of(BlockKind.MODEL) if block.section == pages.SILENT and not block.errors]
    return len(models) + sum(max(1, sum(map(_is_site, ast.parse(block.code).body))) for block in silent)


def suppressed(example: Example) -> str:
    """The example with a suppression comment on every line that has a finding."""
    lines = example.code.splitlines()
    for error in example.block.errors:
        lines[error.line - 1] += f"  # initlint: ignore[{', '.join(dict.fromkeys(error.codes))}] on purpose"
    return "\n".join(lines) + "\n"


def check_bad(example: Example) -> None:
    """A bad block yields exactly what its comments say, and its own rule still misses what they say it misses."""
    found = pairs(findings(example.code, example.rules))
    assert found == example.expected
    missed = {(todo.line, code) for todo in example.block.todos for code in todo.codes}
    assert not missed & set(found), "a known missed alarm is found: make it `# error:`"


def check_good(example: Example) -> None:
    """A good block yields nothing, and no fixing changes a byte of it, whatever its newlines and byte order mark."""
    assert not pairs(findings(example.code, example.rules))
    for data in (example.code.encode(), b"\xef\xbb\xbf" + example.code.replace("\n", "\r\n").encode()):
        source = Source.from_bytes(PATH, data)
        assert fix_source(source, example.rules).data == data


def check_fix(example: Example) -> None:
    """Fixing gives the fixed block and silences the own rule there; nothing changes where nothing can be applied."""
    after = fix(example.code, example.rule)
    if example.fixed is not None:
        assert after == example.fixed.code
        assert not pairs(findings(after, (example.rule,)))
    own = findings(example.code, (example.rule,))
    if not any(finding.applicable for finding in own):
        assert after == example.code


def check_fix_is_final(example: Example) -> None:
    """Fixing twice is fixing once, leaves code that parses and whose names are bound, and exposes only successors."""
    after = fix(example.code, example.rule)
    assert not unbound(after) - unbound(example.code)
    assert fix(after, example.rule) == after
    before_counts = Counter(finding.code for finding in findings(example.code, example.rules))
    after_counts = Counter(finding.code for finding in findings(after, example.rules))
    exposed = {code for code in after_counts - before_counts if code not in example.page.successors}
    assert not exposed, f"the fix exposes {exposed}; a page may declare `Successor: CODE` under Fix safety"


def check_suppression(example: Example) -> None:
    """A suppression comment removes finding and fix, and none of those comments is unused."""
    code = suppressed(example)
    assert not pairs(findings(code, example.rules))
    assert fix(code, example.rule) == code


def check_variant(example: Example, variant: Variant) -> None:
    """Another spelling has the same findings, and fixing it keeps its newlines."""
    found = findings(variant.code, example.rules)
    assert variant.origin(pairs(found)) == set(example.expected)
    if variant.name == "crlf":
        assert fix(variant.code, example.rule) == fix(example.code, example.rule).replace("\n", "\r\n")


def fixed_variant(example: Example, variant: Variant) -> str | None:
    """A spelling after fixing, with what it defines also called; None where a finding has no fix in this spelling."""
    after = fix(variant.code, example.rule)
    if findings(after, (example.rule,)):
        return None
    return after + "wrapped()\n" if variant.name == "in-function" else after


def check_islands(example: Example) -> None:
    """Parsing only what matters finds the same as parsing the whole file."""
    whole = findings(example.code, example.rules, alone(example.code, islands=False))
    assert findings(example.code, example.rules, alone(example.code, islands=True)) == whole


def unbound(code: str) -> set[str]:
    """The names that code uses and nothing in it binds: what an import is missing for."""
    used, bound = set(), set(dir(builtins))
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.alias():
                bound.add(node.asname or node.name.partition(".")[0])
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                bound.add(name)
    return used - bound


def shows_a_fix(page: Page) -> bool:
    """Whether some bad block is followed by its fixed form."""
    return bool(page.blocks_of(BlockKind.FIXED))


def must_show_a_fix(rule: Rule) -> bool:
    """Whether a rule has a fix that is ever applied."""
    return rule.fix in (Safety.SAFE, Safety.UNSAFE)


def _readable(rule: Rule) -> Iterator[Page]:
    try:
        yield pages.read(rule)
    except pages.PageError:
        return


def _is_site(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant()):
            return False
        case ast.Assign(targets=[ast.Name() | ast.Tuple()]) | ast.AnnAssign(target=ast.Name()):
            return False
    return True
