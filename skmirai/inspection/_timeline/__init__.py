"""Scores over time: bins of time, their axis and steps, the display of all three."""

from skmirai.inspection._timeline._display import ScoreTimelineDisplay

__all__ = ["ScoreTimelineDisplay"]
