"""What the simulated table is, in words."""

DESCR = """\
Simulated Mirai traffic
-----------------------

Packets of a small network of cameras and other devices, simulated one by one, before
and after one camera is infected with the Mirai botnet. Every row is a packet, in the
order of time, and describes the recent traffic of its hosts by 115 damped statistics
(AfterImage), as in the Mirai table of Kitsune (UCI Machine Learning Repository, number
516). Column 0, "counter", numbers the rows.

The network has no way to the internet, like the recorded one: cameras send heartbeats
and try to connect to servers that do not answer, devices ask for names, and the
gateway says that hosts are unreachable. From the onset on, the infected camera is
commanded by a telnet session, sweeps the subnet by ARP, scans for telnet ports and
floods a victim. All other traffic goes on, unless flood_fraction=1 leaves no rows to
it: the rows from the onset on are then floods and the gateway's answers to them.

Rates, protocols, frame lengths and gaps were set by 38,363 benign packets and 10,000
packets of the attack of the capture behind the published table. Infection, floods and
the scan of public addresses do not occur in these; they follow descriptions of Mirai.
The example "Simulated traffic" shows both side by side.

Labels: "target" is the rule of the published table, 0 before the onset and 1 from it
on, whatever the packet is. "y_true" is 1 for packets that belong to the attack.

What scores mean (764,137 rows, 160,000 of them drawn at random; benchmarks/traffic.py
prints them): the majority class is 0.84 of the rows, and "target" is the truth in
0.89 of them. One feature reaches 0.89. Boosted trees reach 0.999 at a random split with
clock="epoch", in which the age of a channel gives the label away, and 0.94 with
clock="relative"; on another run of the simulation 0.997 and 0.93. A network of two
layers of 20 units reaches 0.91 to 0.92; figures published for such networks on the
recorded table are 0.91 to 0.92, too. The counter alone tells the label without error.

Scores from a random split are optimistic, since neighbouring rows share their
statistics: boosted trees also tell the halves of benign traffic apart, recorded or
simulated. "y_true" is an easy question (boosted trees 0.999, one feature 0.98), because
the attack is loud.

References
----------
Y. Mirsky, T. Doitshman, Y. Elovici, A. Shabtai, "Kitsune: An Ensemble of Autoencoders
for Online Network Intrusion Detection", NDSS 2018.
M. Antonakakis et al., "Understanding the Mirai Botnet", USENIX Security 2017.
"""
