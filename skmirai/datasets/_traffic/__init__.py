"""Simulated Mirai traffic: a network, what its devices send, and the table of it."""

from skmirai.datasets._traffic._make import make_mirai_traffic
from skmirai.datasets._traffic._make_packets import make_mirai_packets

__all__ = ["make_mirai_packets", "make_mirai_traffic"]
