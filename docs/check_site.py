"""Every link inside the built pages leads somewhere, and no page loads anything from elsewhere."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

SITE = Path(__file__).parent / "_build" / "html"
LOADED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}
NOT_LOADED = {"canonical", "next", "prev", "index", "search", "author", "copyright"}


@dataclass
class Page(HTMLParser):
    """What a page links to, loads, and can be linked at."""

    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        named = {name: value or "" for name, value in attrs}
        self.places.update(named[name] for name in ("id", "name") if name in named)
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        elif LOADED.get(tag, "") in named and named.get("rel") not in NOT_LOADED:
            self.loaded.append(named[LOADED[tag]])


def main() -> None:
    """Say what is wrong, and exit 1 if something is."""
    pages = {
        path: read(path) for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts
    }
    wrong = [fault for path, page in pages.items() for fault in faults(path, page, pages)]
    sys.stdout.write("\n".join([*wrong, f"{len(pages)} pages, {len(wrong)} faults\n"]))
    sys.exit(bool(wrong) or not pages)


def read(path: Path) -> Page:
    """A page of the site."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def faults(path: Path, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    """Links that lead nowhere, and what is loaded from elsewhere."""
    name = path.relative_to(SITE)
    for target in page.loaded:
        if urlsplit(target).netloc:
            yield f"{name}: loads {target}; expected a file of the site"
    for target in page.links + page.loaded:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not there.is_file():
            yield f"{name}: {target} leads to no file"
        elif (
            parts.fragment and there in pages and unquote(parts.fragment) not in pages[there].places
        ):
            yield f"{name}: {target} leads to no such place on that page"


if __name__ == "__main__":
    main()
