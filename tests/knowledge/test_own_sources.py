import json
import os
from pathlib import Path

import pytest
from pypdf import PdfWriter

from backends.index_chroma import ChromaIndex
from core.errors import NotFoundError, RequestError
from core.passages import SourceKind
from knowledge.library import Library
from knowledge.readers import MOST_BYTES

PAGE = (
    "# Volcanoes\n\n## Eruptions\n\nLava flows downhill.\n\n## Ash\n\nAsh clouds ground planes.\n"
)


def pdf(text: str, password: str = "") -> bytes:
    """Return a PDF of one page that shows a text."""
    from io import BytesIO

    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(width=300, height=100)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 10 50 Td ({text}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    content = BytesIO()
    writer.write(content)
    return content.getvalue()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "volcanoes.md").write_text(PAGE)
    return folder


def library_at(tmp_path: Path) -> Library:
    pages = tmp_path / "corpus"
    pages.mkdir(exist_ok=True)
    (pages / "rivers.md").write_text("# Rivers\n\n## Flow\n\nRivers flow to the sea.\n")
    return Library(ChromaIndex(tmp_path / "chroma"), tmp_path / "index", pages)


def test_what_was_added_is_found_and_cited(tmp_path: Path, docs: Path) -> None:
    library = library_at(tmp_path)
    added = library.add(str(docs))
    assert (added.source.name, added.source.kind, added.source.pages, added.added) == (
        "docs",
        SourceKind.OWN,
        1,
        1,
    )
    found = library.search("ash clouds").items[0]
    assert found.passage.citation == "Volcanoes § Ash"
    assert [it.text for it in library.cited("[Volcanoes § Ash]")] == [found.passage.text]


def test_sources_survive_a_restart_and_follow_their_files(tmp_path: Path, docs: Path) -> None:
    library_at(tmp_path).add(str(docs))
    (docs / "volcanoes.md").write_text(PAGE.replace("ground planes", "cool the climate"))
    (docs / "geysers.txt").write_text("Geysers spout hot water.")
    library = library_at(tmp_path)
    assert library.search("cool climate").answerable
    assert library.search("geysers spout").items[0].passage.page == "geysers"
    (docs / "geysers.txt").unlink()
    assert not library_at(tmp_path).search("geysers spout").answerable


def test_a_file_that_was_only_touched_is_not_read_again(tmp_path: Path, docs: Path) -> None:
    library = library_at(tmp_path)
    library.add(str(docs))
    os.utime(docs / "volcanoes.md", ns=(1, 1))
    again = library.add(str(docs))
    assert (again.added, again.changed, again.unchanged, again.removed) == (0, 0, 1, 0)


def test_adding_again_says_what_changed(tmp_path: Path, docs: Path) -> None:
    library = library_at(tmp_path)
    (docs / "geysers.txt").write_text("Geysers spout hot water.")
    library.add(str(docs))
    (docs / "volcanoes.md").write_text(PAGE + "\n## Names\n\nEtna.\n")
    (docs / "geysers.txt").unlink()
    (docs / "quakes.txt").write_text("The ground shakes.")
    before = library.preview(str(docs))
    again = library.add(str(docs))
    assert (again.added, again.changed, again.unchanged, again.removed) == (1, 1, 0, 1)
    assert (before.added, before.changed, before.removed) == (1, 1, 1)


def test_looking_at_what_adding_would_do_changes_nothing(tmp_path: Path, docs: Path) -> None:
    library = library_at(tmp_path)
    assert library.preview(str(docs)).source.passages == 2
    assert [source.name for source in library.sources()] == ["corpus"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("secret.pdf", pdf("hidden", password="x"), "encrypted"),
        ("broken.pdf", b"%PDF-1.7 and nothing else", "broken: not a PDF that can be read"),
        ("blob.txt", b"a\0b", "binary, not text"),
        ("latin.md", "Vulk\xe4ne".encode("latin-1"), "not UTF-8 text"),
        ("empty.md", b"  \n", "has no text"),
        ("broken.ipynb", b"{}", "broken: not a notebook"),
        ("broken.py", b"def broken(:", "broken: not Python"),
        ("front.md", b"---\ntitle: [unclosed\n---\ntext\n", "its front matter cannot be used"),
        ("photo.png", b"\x89PNG", "no kind of document: .png"),
    ],
    ids="encrypted broken-pdf binary latin empty notebook python front-matter picture".split(),
)
def test_what_cannot_be_read_is_named_and_the_rest_is_kept(
    tmp_path: Path, docs: Path, name: str, content: bytes, reason: str
) -> None:
    (docs / name).write_bytes(content)
    library = library_at(tmp_path)
    source = library.add(str(docs)).source
    assert [(it.path, it.reason) for it in source.skipped] == [(name, reason)]
    assert library.search("lava downhill").answerable
    assert next(it for it in library.sources() if it.name == "docs").skipped == source.skipped


def test_a_huge_file_is_named_and_not_read(tmp_path: Path, docs: Path) -> None:
    with (docs / "huge.txt").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    (skipped,) = library_at(tmp_path).add(str(docs)).source.skipped
    assert (skipped.path, skipped.reason) == ("huge.txt", "larger than 20 MiB")


@pytest.mark.parametrize(
    ("name", "content", "citation", "text"),
    [
        ("lava.pdf", pdf("Lava is molten rock."), "lava § page 1", "Lava is molten rock."),
        (
            "lava.html",
            b"<title>Magma</title><script>x=1</script><h1>Magma</h1><h2>Heat</h2><p>Very <b>hot"
            b"</b> rock.</p>",
            "Magma § Heat",
            "Very hot rock.",
        ),
        (
            "lava.ipynb",
            json.dumps(
                {
                    "cells": [
                        {"cell_type": "markdown", "source": ["# Magma\n", "\n", "## Load\n"]},
                        {"cell_type": "code", "source": ["melt(rock)"], "outputs": []},
                    ]
                }
            ).encode(),
            "Magma § Load",
            "```python\nmelt(rock)\n```",
        ),
        (
            "lava.py",
            b'def melt(rock, heat=1):\n    """Melt a rock."""\n',
            "lava.py § melt",
            "`melt(rock, heat=1)`\n\nMelt a rock.",
        ),
        ("lava.txt", b"Lava is molten rock.", "lava", "Lava is molten rock."),
    ],
    ids=["pdf", "html", "notebook", "python", "text"],
)
def test_every_format_is_cut_into_passages(
    tmp_path: Path, name: str, content: bytes, citation: str, text: str
) -> None:
    (tmp_path / name).write_bytes(content)
    library = library_at(tmp_path)
    library.add(str(tmp_path / name))
    assert [it.text for it in library.cited(citation)] == [text]


def test_ignore_files_are_respected_and_links_out_refused(tmp_path: Path, docs: Path) -> None:
    (docs / ".gitignore").write_text("*.tmp.md\n/drafts/\n")
    (docs / "drafts").mkdir()
    (docs / "sub").mkdir()
    (docs / "sub" / ".gitignore").write_text("!kept.tmp.md\n")
    for name in ("a.tmp.md", "drafts/b.md", "sub/kept.tmp.md", "sub/c.md", ".hidden.md"):
        (docs / name).write_text(f"# {name}\n\nText.\n")
    (tmp_path / "outside.md").write_text("# Secret\n\nText.\n")
    (docs / "link.md").symlink_to(tmp_path / "outside.md")
    (docs / "out").symlink_to(tmp_path)
    library = library_at(tmp_path)
    source = library.add(str(docs)).source
    assert {(it.path, it.reason) for it in source.skipped} == {
        ("link.md", "a link out of the folder"),
        ("out", "a link out of the folder"),
    }
    pages = {found.passage.path for found in library.search("text", 20, "docs").items}
    assert pages == {"sub/c.md", "sub/kept.tmp.md"}


def test_a_removed_source_is_no_longer_found_and_its_files_stay(tmp_path: Path, docs: Path) -> None:
    library = library_at(tmp_path)
    library.add(str(docs))
    library.remove("docs")
    assert not library.search("ash clouds").answerable
    assert (docs / "volcanoes.md").exists()
    assert [it.name for it in library_at(tmp_path).sources()] == ["corpus"]


def test_what_came_with_the_assistant_stays(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"corpus came with the assistant and stays"):
        library_at(tmp_path).remove("corpus")


def test_a_source_whose_disk_is_away_is_kept(tmp_path: Path, docs: Path) -> None:
    library_at(tmp_path).add(str(docs))
    docs.rename(tmp_path / "away")
    library = library_at(tmp_path)
    assert library.search("ash clouds").answerable
    assert next(it for it in library.sources() if it.name == "docs").missing


def test_two_folders_of_one_name_are_two_sources(tmp_path: Path, docs: Path) -> None:
    other = tmp_path / "team" / "docs"
    other.mkdir(parents=True)
    (other / "moons.md").write_text("# Moons\n\nMoons circle planets.\n")
    library = library_at(tmp_path)
    library.add(str(docs))
    assert library.add(str(other)).source.name == "team/docs"
    assert [it.name for it in library.sources()] == ["corpus", "docs", "team/docs"]


def test_a_folder_takes_the_place_of_a_file_in_it(tmp_path: Path, docs: Path) -> None:
    library = library_at(tmp_path)
    library.add(str(docs / "volcanoes.md"))
    library.add(str(docs))
    assert [(it.name, it.passages) for it in library.sources()] == [("corpus", 1), ("docs", 2)]
    with pytest.raises(RequestError, match=r"volcanoes\.md is in the source docs already"):
        library.add(str(docs / "volcanoes.md"))


def test_a_path_that_is_not_there_names_the_nearest(tmp_path: Path, docs: Path) -> None:
    with pytest.raises(NotFoundError, match=r"'.*volcanos\.md'.*closest: volcanoes\.md"):
        library_at(tmp_path).add(str(docs / "volcanos.md"))


def test_a_folder_without_documents_is_refused_with_what_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(RequestError, match=r"no document in .*a\.png.*Markdown, HTML, PDF"):
        library_at(tmp_path).add(str(tmp_path / "pictures"))


def test_an_index_that_was_lost_is_filled_again_from_the_files(tmp_path: Path, docs: Path) -> None:
    library = library_at(tmp_path)
    library.add(str(docs))
    ChromaIndex(tmp_path / "chroma").reset("")
    assert library_at(tmp_path).search("ash clouds").answerable


def test_a_broken_manifest_loses_no_passage(tmp_path: Path, docs: Path) -> None:
    library_at(tmp_path).add(str(docs))
    (tmp_path / "index" / "sources.json").write_text("{broken")
    library = library_at(tmp_path)
    assert library.search("ash clouds").answerable
    library.remove("docs")
    assert not library.search("ash clouds").answerable


def test_another_process_sees_what_was_added(tmp_path: Path, docs: Path) -> None:
    first, second = library_at(tmp_path), library_at(tmp_path)
    assert not second.search("ash clouds").answerable
    first.add(str(docs))
    assert second.search("ash clouds").answerable


def test_the_names_of_sources_are_told_without_building_an_index(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    library = Library(ChromaIndex(folder), folder)

    assert library.names() == ["corpus"]
    assert not (folder / "sources.json").exists()
