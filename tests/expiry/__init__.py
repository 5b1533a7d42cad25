"""Simulated days of traffic: at each hour the stores and the views hold what they must and nothing else."""
