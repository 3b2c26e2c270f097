"""What the simulated table is, in words."""

DESCR = """stub"""
