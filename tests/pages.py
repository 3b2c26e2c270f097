"""Read a page of HTML strictly: what it holds, and whether a part of it is wrong."""

from html.parser import HTMLParser

#: Elements without an end, by HTML's standard.
VOID = {"br", "hr", "img", "input", "link", "meta"}

#: Attributes that make a browser load something, or run it.
LOADING = {"src", "href", "srcset", "data", "action", "poster", "background"}


class Page(HTMLParser):
    """What a page holds.

    Parameters
    ----------
    text : str
        The page.

    Attributes
    ----------
    elements : list of (str, dict)
        Names and attributes, in order.
    texts : list of (str, str)
        The innermost element, and text in it that is not only space.
    """

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self._open = [], [], []
        assert text.startswith("<!doctype html>\n<html lang=")
        self.feed(text)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice"
        if tag in ("div", "figure", "table", "details", "p", "ul", "pre", "h2"):
            assert "p" not in self._open, f"<{tag}> ends the paragraph it stands in"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> ends nothing"
        assert self._open.pop() == tag, f"</{tag}> ends another element"

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self._open[-1], data))

    def all(self, tag):
        """Attributes of all elements of a name."""
        return [attrs for name, attrs in self.elements if name == tag]

    def check(self):
        """Assert that it needs no other file, and that all its links land."""
        ids = [attrs["id"] for _, attrs in self.elements if "id" in attrs]
        assert len(ids) == len(set(ids))
        links = [a["href"] for a in self.all("a") if "download" not in a]
        saved = [a["href"] for a in self.all("a") if "download" in a]
        assert all(link.startswith("data:text/csv;base64,") for link in saved)
        assert {link.removeprefix("#") for link in links} <= set(ids)
        loaded = [
            value
            for tag, attrs in self.elements
            for name, value in attrs.items()
            if name in LOADING and tag != "a"
        ]
        assert all(value.startswith("data:image/") for value in loaded)
        assert not {"script", "link", "iframe", "base"} & {t for t, _ in self.elements}
        styles = [text for tag, text in self.texts if tag == "style"]
        assert len(styles) == 1
        assert not any(word in styles[0] for word in ("url(", "@import", "http"))
        assert all(attrs.get("alt") for attrs in self.all("img"))
