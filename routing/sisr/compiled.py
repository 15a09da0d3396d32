"""How the kernels are compiled, and where the machine code is kept between processes.

numba compiles a function anew when its own file changes, not when a function that it calls changes. The cache
folder therefore carries a digest of all kernel sources: an update can never run on stale code. Files that only
call kernels are left out, so that a change in them compiles nothing.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., object])

# `_nrt=False`: no reference counting. The kernels allocate nothing, and counting references to the four dozen
# arrays of a state took nine tenths of the time (10,000 iterations a second instead of 100,000).
_OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "no_cfunc_wrapper": True,
}

_OPTIONS_INSIDE: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True}

# They hold no kernel and no constant that a kernel reads.
_CALLERS = ("course.py", "exchange.py", "recombine.py", "search.py", "flatten.py", "flatten_fleet.py")


def cache_folder() -> Path:
    """The folder for compiled kernels: the user's cache folder, or the temporary one where there is none."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    content = b"".join(source.read_bytes() for source in sources if source.name not in _CALLERS)
    digest = hashlib.sha256(content).hexdigest()[:16]
    for base in (_user_cache(), Path(tempfile.gettempdir())):
        folder = base / "haoyun" / f"kernels-{digest}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="haoyun-kernels-"))


def _user_cache() -> Path:
    named = os.environ.get("XDG_CACHE_HOME")
    if named:
        return Path(named)
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return Path(tempfile.gettempdir())


def entry(function: Function) -> Function:
    """Machine code that runs without Python's global lock, cached on disk; for Python and for other kernels to call."""
    return _of_one_signature(numba.njit(**_OPTIONS)(function))


def compiled(function: Function) -> Function:
    """The same for other kernels only: what takes a hundred arrays out of Python's hands is half of the code."""
    return _of_one_signature(numba.njit(**_OPTIONS_INSIDE)(function))


def inlined(function: Function) -> Function:
    """The same, pasted into its callers.

    A call hands over some thousand words, a hundred arrays with their shapes: longer than what most kernels do. What
    every iteration calls is therefore pasted (up to three times the iterations a second, decision 28); what
    is called from several places or seldom is compiled once.
    """
    return _of_one_signature(numba.njit(**_OPTIONS, inline="always")(function))


def _of_one_signature(made: Any) -> Any:
    """The same, compiled once where kernels call it: whole numbers are int64 and no literal has code of its own.

    numba would compile a kernel for each constant that stands in a call (-1 for "from the beginning") and for each
    width, and all that it calls again for these: three times the code, which every process must load.
    """
    template = made.get_call_template

    def get_call_template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return template(tuple(map(_widened, args)), {name: _widened(kind) for name, kind in kws.items()})

    made.get_call_template = get_call_template
    return made


def _widened(kind: Any) -> Any:
    plain = numba.types.unliteral(kind)  # type: ignore[no-untyped-call]
    return numba.types.int64 if isinstance(plain, numba.types.Integer) else plain


setattr(numba.config, "CACHE_DIR", str(cache_folder()))  # noqa: B010 - unknown to its type stubs
