"""import_optional imports, or says which extra installs what is missing."""

import json
import sys

import pytest

from skmirai.utils import import_optional


def test_installed_module_comes_back():
    module = import_optional("json.decoder", extra="plot", purpose="plots")
    assert module is sys.modules["json.decoder"]
    assert module.JSONDecoder is json.JSONDecoder


@pytest.mark.parametrize("name", ["no_such_library", "no_such_library.part"])
def test_missing_library_names_the_extra(name):
    message = r"^searches need no_such_library: pip install 'skmirai\[tune\]'$"
    with pytest.raises(ImportError, match=message) as caught:
        import_optional(name, extra="tune", purpose="searches")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_what_an_installed_library_lacks_is_not_hidden(tmp_path, monkeypatch):
    (tmp_path / "broken_library.py").write_text("import missing_dependency")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="'missing_dependency'"):
        import_optional("broken_library", extra="plot", purpose="plots")
