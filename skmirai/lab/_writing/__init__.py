"""What reports are written with: Markdown, figures in texts, references, curves."""
