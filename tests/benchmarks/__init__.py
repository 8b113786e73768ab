"""How fast, and against what: the product and hand-written DuckDB scripts in turn, in one run.

`python -m tests.benchmarks` prints a table of time, ratio and peak memory. Absolute times are those of the machine of
the day; only the ratios say anything. Nothing here is a timed test.
"""
