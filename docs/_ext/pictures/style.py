"""How the pictures that are drawn for the pages look.

They have no background and text of a middle grey, so that they can be read on a light
page and on a dark one.
"""

import matplotlib.pyplot as plt

GREY, BLUE, ORANGE, GREEN = "#7d8791", "#3d8ecf", "#e07b39", "#2fa37c"

#: One colour for each of two classes, benign and attack.
CLASSES = (BLUE, ORANGE)

RC = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "legend.facecolor": "none",
    "legend.frameon": False,
    "text.color": GREY,
    "axes.labelcolor": GREY,
    "axes.edgecolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.prop_cycle": plt.cycler(color=(BLUE, ORANGE, GREEN, GREY)),
}

#: ``@drawn`` in front of a function that draws.
drawn = plt.rc_context(RC)
