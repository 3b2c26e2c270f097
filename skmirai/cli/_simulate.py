"""``skmirai simulate``: a capture of simulated traffic, and labels of its packets."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skmirai.cli._options import ForceOption, QuietOption, RandomStateOption

if TYPE_CHECKING:
    import numpy as np
    from sklearn.utils import Bunch


#: Labels of packets; `skmirai predict` tells the probability of the second one.
LABELS = ("benign", "mirai")


class LabelRule(StrEnum):
    """What makes a packet an attack."""

    packet = "packet"
    onset = "onset"


def simulate(
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="CAPTURE", help="pcap file to write."),
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="CSV",
            help="CSV file to write, a row for each packet: its number from 1, time, "
            "label and kind.",
            show_default="none",
        ),
    ] = None,
    n_packets: Annotated[
        int, typer.Option("--n-packets", min=1, help="Packets of the capture.")
    ] = 100_000,
    attack_fraction: Annotated[
        float | None,
        typer.Option(
            "--attack-fraction",
            min=0,
            max=1,
            help="Share of the packets from the onset of the attack on.",
            show_default="that of Kitsune's Mirai, 0.841",
        ),
    ] = None,
    flood_fraction: Annotated[
        float,
        typer.Option(
            "--flood-fraction",
            min=0,
            max=1,
            help="Share of these that belong to three floods.",
        ),
    ] = 0.1,
    media: Annotated[
        bool,
        typer.Option("--media", help="Let cameras stream video, and a person browse."),
    ] = False,
    label_rule: Annotated[
        LabelRule,
        typer.Option(
            "--label-rule",
            help="Call mirai what belongs to it, or as the table of Kitsune does "
            "every packet from the onset on.",
        ),
    ] = LabelRule.packet,
    random_state: RandomStateOption = 0,
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a capture of a simulated network in which Mirai breaks out.

    Its packets are those of make_mirai_traffic: cameras and other devices, of which one
    is infected, sweeps, scans and floods. Frames have addresses, ports, protocol and
    length, and zeros where nothing is known. Features that are extracted from the
    capture are the same as those of make_mirai_traffic, to the bit.
    """
    from skmirai.cli._output import check_output, is_standard, say, text_output
    from skmirai.datasets import make_mirai_packets
    from skmirai.packets import write_pcap
    from skmirai.utils._files import replaced

    if is_standard(output):
        raise ValueError("--output -: a capture is no text, give the name of a file")
    check_output(output, force=force, inputs=())
    if labels is not None:
        check_output(labels, force=force, inputs=())
        if labels.resolve() == output.resolve():
            raise ValueError(f"{labels} is the capture too: give labels another name")
    share = {} if attack_fraction is None else {"attack_fraction": attack_fraction}
    made = make_mirai_packets(
        n_packets,
        **share,
        flood_fraction=flood_fraction,
        media=media,
        random_state=random_state,
    )
    codes = made.y_true if label_rule is LabelRule.packet else made.target
    with replaced(output) as capture:
        write_pcap(made.packets, capture)
        if labels is not None:
            with text_output(labels) as text:
                text.write(_table(made, codes))
    if not quiet:
        times = made.packets.records["time"]
        n_attacks = int(codes.sum())
        say(
            f"{output}: {n_packets} packets, {times[-1] - times[0]:.0f} s; "
            f"{n_packets - n_attacks} x benign, {n_attacks} x mirai",
            err=True,
        )


def _table(made: "Bunch", codes: "np.ndarray") -> str:
    """Return a row for each packet, as CSV."""
    import numpy as np
    import pandas as pd

    time = made.packets.records["time"]
    table = pd.DataFrame(
        {
            "number": np.arange(1, len(time) + 1),
            "time": time,
            "label": np.array(LABELS)[codes],
            "kind": made.kind,
        }
    )
    return table.to_csv(index=False, float_format="%.6f", lineterminator="\n")
