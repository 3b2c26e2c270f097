"""Check the built pages: every link and anchor within them leads somewhere.

``make docs`` runs it on the folder that Sphinx wrote. Nothing is fetched. It also finds
images without a text in their place, and outputs that name an address of memory.
"""

import argparse
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Links of the theme and the search, which a script of the page follows.
BY_SCRIPT = {"#", "#top", "#__toc", "#__navigation"}


class Page(HTMLParser):
    """What a page refers to, and what may be referred to in it.

    Attributes
    ----------
    anchors : set of str
    links : list of str
        Targets of links, images, styles and scripts.
    bare : list of str
        Images without a text in their place.
    text : str
    """

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.bare: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note anchors, links and images."""
        found = {name: value or "" for name, value in attrs}
        self.anchors.update(found[name] for name in ("id", "name") if name in found)
        links = [found[name] for name in ("href", "src") if name in found]
        if found.get("class") == "viewcode-back":
            # from a source to the page about it: the anchors are those of one page,
            # also where names of the same file stand on two
            links = [link.partition("#")[0] for link in links]
        self.links += links
        if tag == "img" and not self._is_described(found):
            self.bare.append(found.get("src", ""))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data

    @staticmethod
    def _is_described(image: dict[str, str]) -> bool:
        """Tell whether an image has a text of its own.

        The gallery names a figure without a title by its file, and leaves the text of
        a small picture empty, beside which the title of its article stands.
        """
        name = Path(image.get("src", "")).stem
        if re.fullmatch(r"sphx_glr_.*_thumb", name):
            return True
        words = re.sub(r"^sphx_glr_|_\d+(_\dx)?$", "", name)
        plain = {name, name.replace("_", " "), words, words.replace("_", " ")}
        return image.get("alt", "").strip() not in {"", image.get("src"), *plain}


def faults(folder: Path) -> Iterator[str]:
    """Yield a line for each fault of the pages in a folder."""
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}
    if not pages:
        yield f"{folder} has no pages: run make docs"
    for path, page in pages.items():
        place = path.relative_to(folder)
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link in BY_SCRIPT:
                continue
            target = (path.parent / unquote(parts.path)) if parts.path else path
            target = target.resolve()
            if target.is_dir():
                target /= "index.html"
            if not target.is_relative_to(folder.resolve()) or not target.exists():
                yield f"{place}: {link} leads nowhere"
            elif parts.fragment and target.suffix == ".html":
                there = pages.get(folder / target.relative_to(folder.resolve()))
                if there is None or unquote(parts.fragment) not in there.anchors:
                    yield f"{place}: {link} has no such anchor"
        for image in page.bare:
            yield f"{place}: the image {image} has no text in its place (alt)"
        for address in re.findall(r"<[^<>]* at 0x[0-9a-f]+>", page.text):
            yield f"{place}: {address} is shown as an output"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of the pages")
    found = list(faults(parser.parse_args().folder))
    print(*found, sep="\n", end="\n" if found else "")
    raise SystemExit(f"{len(found)} faults" if found else 0)
