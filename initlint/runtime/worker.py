"""The child process: reads a request, builds and judges the model, and writes the answer.

python -m initlint.runtime.worker ANSWER PROGRESS < REQUEST
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import msgspec

from initlint.runtime.outcome import Failure, Outcome, encode
from initlint.runtime.progress import Progress, noting, silent
from initlint.runtime.request import Request


def main() -> None:
    """Answer one request."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    Path(sys.argv[1]).write_bytes(encode(answer(request, noting(Path(sys.argv[2])))))


def answer(request: Request, progress: Progress = silent) -> Outcome | Failure:
    """The outcome of a request, or why there is none."""
    from initlint.runtime.signal import InputError
    from initlint.runtime.spec import SpecError
    from initlint.runtime.target import TargetError
    from initlint.runtime.verify import BuildError, verify

    try:
        return verify(request, progress)
    except (TargetError, SpecError, InputError) as error:
        return Failure("usage", str(error))
    except BuildError as error:
        return Failure("build", str(error), _of_user(error.__cause__ or error))
    except Exception as error:
        return Failure("internal", f"a mistake of initlint: {type(error).__name__}: {error}", traceback.format_exc())


def _of_user(error: BaseException) -> str:
    """The traceback of an error and of what caused it, without the frames of the checker above the user's code."""
    here = str(Path(__file__).parent)
    shown: traceback.TracebackException | None = traceback.TracebackException.from_exception(error)
    whole = shown
    while shown is not None:
        kept = [frame for frame in shown.stack if not frame.filename.startswith(here)]
        shown.stack = traceback.StackSummary.from_list(kept)
        # What came up while the checker handled another error is its own affair.
        shown.__context__ = None
        shown = shown.__cause__
    assert whole is not None
    return "".join(whole.format())


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The answer is there; a thread that user code left behind must not keep it waiting.
    os._exit(0)
