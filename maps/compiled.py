"""The one door to numba: loops over arrays that numpy cannot express, compiled on their first call.

Files of compiled functions end in `_kernels.py` and are imported inside functions only, so that
`import haoyun.maps` stays light. The machine code is kept beside the source (or in the user's cache folder),
keyed by the source file alone: a compiled function may use only functions and constants of its own file, or a
change of the other file would leave stale code behind. Of other files it may take NamedTuples; whoever swaps two
fields of the same type in one changes the files that use it as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """The function as machine code that runs without the interpreter lock; same arguments, same result."""
    import numba  # noqa: PLC0415 - takes half a second

    try:
        made = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba found no folder that it may write its cache to: compile in every process
        made = numba.njit(nogil=True, error_model="numpy")(function)
    return cast("Function", made)


def is_warm() -> bool:
    """Whether the compiled code of route searches lies ready, as far as one sees without loading it."""
    here = Path(__file__).parent
    sources = [here / "edge_index_kernels.py", *(here / "search").glob("*_kernels.py")]
    return all(_is_compiled(source) for source in sources)


def _is_compiled(source: Path) -> bool:
    """Whether machine code newer than the source lies where numba keeps it: beside it, or in the user's folder."""
    own = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "numba"
    folders = [source.parent / "__pycache__", *own.glob("*")]
    if "NUMBA_CACHE_DIR" in os.environ:
        folders = list(Path(os.environ["NUMBA_CACHE_DIR"]).glob("*"))
    made = [file.stat().st_mtime for folder in folders for file in folder.glob(f"{source.stem}.*.nbi")]
    return bool(made) and max(made) >= source.stat().st_mtime
