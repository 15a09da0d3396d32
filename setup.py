"""Only what setup.cfg cannot say: the portal's front end is built inside `pip install` (docs/decisions/0010)."""

import importlib.util
from pathlib import Path

from setuptools import setup

# Loaded by path: nothing of Haoyun is importable while it is being built.
_spec = importlib.util.spec_from_file_location(
    "build_assets", Path(__file__).parent / "platform" / "build_assets.py"
)
assert _spec and _spec.loader
_build_assets = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_build_assets)

setup(cmdclass={"build_py": _build_assets.BuildPy})
