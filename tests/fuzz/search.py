"""Looks for inputs that break the tool: `python tests/fuzz/search.py {examples,files,programs,coverage,spellings}`.

What breaks it is kept in a folder; one that is mended belongs into `tests/fuzz/crashers`, which the tests run.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))

from judging import Fault, judge_in_time
from losses import files, judge_losses, pages_and_fixtures, tested, varied
from mutations import examples, mutated

_KEPT = 3
"""Inputs that are kept for one reason."""


class Search:
    """Judges inputs until the CPU time is over, counting them and keeping what is at fault."""

    def __init__(
        self,
        seconds: float,
        keep: Path,
        judge: Callable[[bytes], bool] = judge_in_time,
        words: tuple[str, str] = ("read", "stopped"),
    ) -> None:
        self.end = time.process_time() + seconds
        self.keep = keep
        self._judge = judge
        self._words = words
        self.counts: Counter[str] = Counter()
        self.slowest = 0.0
        self.reasons: Counter[str] = Counter()
        keep.mkdir(parents=True, exist_ok=True)

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return time.process_time() >= self.end

    def judge(self, data: bytes, made: str = "") -> None:
        """Judge one input; it is on the disk meanwhile, for what takes the whole process down.

        Of what is at fault for one reason the first are kept; `made` says how an input came about.
        """
        current = self.keep / "current"
        current.write_bytes(data)
        begin = time.process_time()
        try:
            self.counts[self._words[0] if self._judge(data) else self._words[1]] += 1
        except Fault as fault:
            self.counts["faults"] += 1
            reason = str(fault)
            self.reasons[reason] += 1
            if self.reasons[reason] <= _KEPT:
                name = hashlib.sha256(data).hexdigest()[:12]
                (self.keep / f"{name}.py").write_bytes(data)
                print(f"{name}: {reason} {made}".rstrip(), flush=True)
        self.slowest = max(self.slowest, time.process_time() - begin)
        current.unlink()

    def summary(self) -> str:
        """The counts in one line."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        words = ", ".join(f"{number} {name}" for name, number in sorted(self.counts.items()))
        return f"{words}; slowest {self.slowest:.1f} s; {used.ru_utime + used.ru_stime:.0f} CPU s in all"


def from_examples(search: Search, seed: int) -> None:
    """Mutated examples of the pages."""
    for number in count():
        if search.over:
            return
        random = Random(f"{seed}.{number}")
        search.judge(mutated(random, random.choice(examples())))


def from_files(search: Search, seed: int, folder: Path) -> None:
    """Mutated files below a folder, in random order."""
    files = sorted(folder.rglob("*.py"))
    Random(seed).shuffle(files)
    for number, file in enumerate(files):
        if search.over:
            return
        search.judge(mutated(Random(f"{seed}.{number}"), file.read_bytes()))


def from_programs(search: Search, seed: int) -> None:
    """Generated expressions and statements inside examples of the pages."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from programs import inside_examples

    for number in count(seed):
        if search.over:
            return

        @seeded(number)
        @settings(
            max_examples=100,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(inside_examples())
        def run(text: str) -> None:
            if not search.over:
                search.judge(text.encode("utf-8", "surrogatepass"))

        run()


def from_spellings(search: Search, seed: int, programs: Sequence[str]) -> None:
    """Programs in which something is found, spelled otherwise."""
    for number in count():
        if search.over:
            return
        made = varied(Random(f"{seed}.{number}"), programs[number % len(programs)])
        if made is not None:
            search.judge(made.data, f"({', '.join(made.kinds)})")


def by_coverage(search: Search, seed: int) -> None:
    """Inputs that libFuzzer steers by what they reach in the reader, the fixer and the suppressor."""
    import atheris

    with atheris.instrument_imports(include=["initlint.facts", "initlint.fixing", "initlint.suppress"]):
        for name in [name for name in sys.modules if name.startswith("initlint") or name in ("judging", "mutations")]:
            del sys.modules[name]
        import judging
    search.judge.__func__.__globals__.update(Fault=judging.Fault, judge_in_time=judging.judge_in_time)  # type: ignore[attr-defined]

    def mutate(data: bytes, size: int, number: int) -> bytes:
        random = Random(number)
        if random.random() < 0.1:
            data = random.choice(examples())
        return mutated(random, data)[:size] if random.random() < 0.8 else atheris.Mutate(data, size)

    def target(data: bytes) -> None:
        if search.over:
            print(search.summary(), flush=True)
            sys.stdout.flush()
            import os

            os._exit(0)
        search.judge(data)

    seeds = search.keep / "seeds"
    seeds.mkdir(exist_ok=True)
    for number, example in enumerate(examples()):
        (seeds / str(number)).write_bytes(example)
    limits = ["-max_len=20000", "-timeout=60", "-rss_limit_mb=4096"]
    words = [sys.argv[0], f"-seed={seed + 1}", *limits, f"-artifact_prefix={search.keep}/", str(seeds)]
    atheris.Setup(words, target, custom_mutator=mutate)
    atheris.Fuzz()


def main() -> None:
    """Search for a while and print what was tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("examples", "files", "programs", "coverage", "spellings"))
    parser.add_argument("--seconds", type=float, default=60, help="CPU seconds (default: 60)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where the files are")
    parser.add_argument("--keep", type=Path, required=True, help="where inputs go that break something")
    options = parser.parse_args()
    if options.kind == "spellings":
        programs = files(options.folder) if options.folder else (*pages_and_fixtures(), *tested())
        print(f"{len(programs)} programs", flush=True)
        search = Search(options.seconds, options.keep, judge_losses, ("with a finding", "without"))
    else:
        search = Search(options.seconds, options.keep)
    match options.kind:
        case "examples":
            from_examples(search, options.seed)
        case "files":
            from_files(search, options.seed, options.folder)
        case "programs":
            from_programs(search, options.seed)
        case "spellings":
            from_spellings(search, options.seed, programs)
        case _:
            by_coverage(search, options.seed)
    print(search.summary())


if __name__ == "__main__":
    main()
