"""The one door to numba: loops over arrays that numpy cannot express, compiled on their first call.

Files of compiled functions end in `_kernels.py` and are imported inside functions only, so that
`import haoyun.maps` stays light. The machine code is kept beside the source (or in the user's cache folder),
keyed by the source file alone: a compiled function may use only functions and constants of its own file, or a
change of the other file would leave stale code behind. Of other files it may take NamedTuples; whoever swaps two
fields of the same type in one changes the files that use it as well.
"""

from __future__ import annotations

from collections.abc import Callable
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
