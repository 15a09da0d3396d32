"""Thousands of simulated devices in many formats, with faults on demand; seeded, so that a run can be repeated.

Start reading at swarm.py. One truck's drive is tracking/simulate.py.
"""
