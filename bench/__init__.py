"""Benchmarks: `make bench` measures the pipeline against its bars on this machine.

Machines are shared and noisy, so a figure is CPU time of a process (user and system, as the kernel counts
them), or a ratio of two things measured in one run. Wall-clock latencies are reported with what drove them.
"""
