"""Ruin and recreate by slack induction (Christiaens & Vanden Berghe 2020), compiled with numba.

Heavy to import and cached on disk: only search processes and the command that warms the cache import its parts.
"""
