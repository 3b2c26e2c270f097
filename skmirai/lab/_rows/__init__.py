"""The lab's table: its files, whether it is the published one, how it is split."""
