"""Pictures that the pages have drawn when they are built."""
