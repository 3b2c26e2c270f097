"""Networks trained on the lab's table, what is looked at meanwhile and after."""
