"""Files of JSON that are there whole or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skmirai.utils._files import write_text


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a file of JSON, whole or not at all."""
    write_text(path, json.dumps(content, indent=1))


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a file of :func:`write_json`; None if it is missing or damaged."""
    try:
        content = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return content if isinstance(content, dict) else None
