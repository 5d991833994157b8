"""pages.py ROOT OUT PICTURES PAGE...: the documentation's pages as Doxygen reads them.

The pages are plain Markdown that reads well where it lies.  Here headings get labels, links between pages become Doxygen's, names of
calls in code spans lead to their reference, and `<!-- picture: NAME, what it shows -->` becomes the picture, if there is one in
PICTURES.  A document with several titles becomes as many pages, under one that lists them.  A name that no header declares is an error:
it would be a call that does not exist.
"""
import html
import os
import re
import sys
from pathlib import Path

CALL = re.compile(r'(?:ntk|NTK)_[A-Za-z]\w*')
DECLARATION = re.compile('NTK_(API|MUST_CHECK|BEGIN|END)')  # of which there is no reference
HEADER = re.compile(r'<ntk/(\w+\.h)>')
HEADING = re.compile(r'(#+) (.*)')
PICTURE = re.compile(r'<!-- picture: (\w+), (.*) -->')
LINK = re.compile(r'\[((?:[^\]`]|`[^`]*`)*)\]\(([^)#\s]*)(?:#([^)\s]*))?\)')
SPAN = re.compile(r'`([^`]+)`')


def label(page, heading=''):
    """Doxygen's label of a page, or of a heading in it, which links name as GitHub does."""
    part = re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')
    return re.sub(r'\W', '_', f'page_{page}_{part}' if part else f'page_{page}')


def pieces(text):
    """(line, is it code) of a document."""
    fenced, indented, blank = False, False, True
    for line in text.split('\n'):
        fence = line.startswith('```')
        indented = line.startswith('    ') and (blank or indented) and not fenced
        yield line, fenced or fence or indented
        fenced, blank = fenced != fence, not line.strip()


class Site:
    def __init__(self, root, out, pictures, pages):
        self.root, self.out, self.pictures = root, out, pictures
        self.pages = {page.resolve() for page in pages}
        headers = list((root / 'include/ntk').glob('*.h*')) + list((root / 'hdf5/include/ntk').iterdir())
        self.headers = {path.name.removesuffix('.in') for path in headers}
        self.names = set(CALL.findall('\n'.join(path.read_text() for path in headers)))
        self.examples = set()
        self.errors = []

    def write(self):
        for page in self.pages:
            chapters = [line[2:] for line, code in pieces(page.read_text()) if line.startswith('# ') and not code]
            text = '\n'.join(self.lines(page, len(chapters) > 1))
            if len(chapters) > 1:
                text = self.contents(page, chapters) + text
            (self.out / f'{page.stem}.md').write_text(text)
        for path in self.examples:
            name, title = label('example_' + path.stem), os.path.relpath(path, self.root)
            (self.out / f'example_{path.stem}.md').write_text(f'# {title} {{#{name}}}\n\n@include {path.name}\n')

    @staticmethod
    def contents(page, chapters):
        lines = [f'# {page.stem.capitalize()} {{#{label(page.stem)}}}', '']
        lines += [f'- @subpage {label(page.stem, chapter)}' for chapter in chapters]
        return '\n'.join(lines) + '\n\n'

    def lines(self, page, several):
        for number, (line, code) in enumerate(pieces(page.read_text()), 1):
            heading, picture = HEADING.match(line), PICTURE.match(line)
            if code:
                yield re.sub('^```(?!c$)\\w+$', '```{.unparsed}', line)
            elif heading:
                level, title = heading.groups()
                name = label(page.stem, title if several or level != '#' else '')
                yield f'@page {name} {title}' if several and level == '#' else f'{line} {{#{name}}}'
            elif picture:
                yield self.picture(*picture.groups())
            elif not line.startswith('<!--'):
                yield self.inline(page, number, line)

    def picture(self, name, text):
        for folder in self.pictures:
            if (folder / f'{name}.png').exists():
                return f'<img src="pictures/{name}.png" alt="{html.escape(text)}"/>'
        return ''

    def inline(self, page, number, line):
        out, last = [], 0
        for match in re.finditer(f'{LINK.pattern}|{SPAN.pattern}', line):
            out.append(self.prose(line[last:match.start()]))
            if match.group(4):
                out.append(self.span(page, number, match.group(4)))
            else:
                out.append(self.link(page, number, *match.groups()[:3]))
            last = match.end()
        return ''.join(out) + self.prose(line[last:])

    def span(self, page, number, text):
        header = HEADER.fullmatch(text)
        if header and header.group(1) in self.headers:
            return f'<code>@ref {header.group(1)} "&lt;ntk/{header.group(1)}&gt;"</code>'
        if CALL.fullmatch(text) and not re.search(r'_X_|_\d+$', text):  # a pattern; a version of symbols
            if text in self.names and not DECLARATION.fullmatch(text):
                return f'<code>@ref {text} "{text}"</code>'
            if text not in self.names:
                self.error(page, number, f'no header declares {text}')
        return f'`` {text} ``' if "'" in text else f'`{text}`'

    @staticmethod
    def prose(text):
        """Text that Doxygen leaves alone: its brackets begin no link, whatever follows them."""
        return re.sub(r'[@%\\\[\]]', r'\\\g<0>', text).replace('<', '&lt;')

    def link(self, page, number, text, target, part):
        text = self.prose(text.replace('`', ''))
        if re.match(r'\w+:', target):
            return f'[{text}]({target})'
        path = (page.parent / target).resolve() if target else page
        if path in self.pages:
            reference = 'subpage' if page.stem == 'index' else 'ref'
            return f'@{reference} {label(path.stem, part or "")} "{text}"'
        if path.parent.name == 'ntk' and path.name in self.headers:
            return f'@ref {path.name} "{text}"'
        if path.suffix == '.c' and path.is_file():
            self.examples.add(path)
            return f'@ref {label("example_" + path.stem)} "{text}"'
        if not path.exists():
            self.error(page, number, f'there is no {target}')
        return text  # of the tree, not of the site

    def error(self, page, number, text):
        self.errors.append(f'{os.path.relpath(page, self.root)}:{number}: {text}')


def main():
    root, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    pictures = [Path(folder) for folder in sys.argv[3].split(':')]
    out.mkdir(parents=True, exist_ok=True)
    site = Site(root, out, pictures, [Path(page) for page in sys.argv[4:]])
    site.write()
    sys.exit('\n'.join(site.errors) or None)


main()
