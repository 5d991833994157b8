"""headers.py OUT HEADER...: the public headers as Doxygen reads them.

The headers' comments are plain text.  What stands before a declaration documents it: sentences, indented formulas, and lists of a
name, two spaces or more, and what it is.  Names in lists are members, enumerated constants (without their prefix), parameters, or
statuses; each becomes documentation of that.  A member or constant that its comment does not name stays undocumented, and Doxygen
then fails.  Lines keep about their numbers, so that Doxygen's warnings can be found in
the header.
"""
import fnmatch
import html
import re
import sys
from pathlib import Path

LABEL = r'[A-Za-z*_][\w*]*(?:, [A-Za-z*_][\w*]*)*'
ITEM = re.compile(rf'({LABEL}) {{2,}}(?=\S)(.*)')
NAME = re.compile(r'\b(?:ntk|NTK)_\w+(?:\.\w+)?')
WIDTH = 126  # a line that the next word would not have fitted into was broken for that, and goes on


def escape(text):
    """Text that Markdown and Doxygen leave alone."""
    text = re.sub(r'[\\@#%$*\[\]`~]', r'\\\g<0>', text)
    text = re.sub(r'(?<!\w)_|_(?!\w)', r'\\_', text)
    return html.escape(text, quote=False).replace('"', '&quot;')


def escape_verbatim(text):
    text = re.sub(r'[\\@#%$]', r'\\\g<0>', text)
    return html.escape(text, quote=False)


class Names:
    """Everything that the headers declare, so that a mention becomes a link."""

    def __init__(self, sources):
        self.known = set()
        self.members = {}
        for source in sources:
            code = re.sub(r'/\*.*?\*/', '', source, flags=re.S)
            self.known |= set(re.findall(r'NTK_API [^;(]*?\b(ntk_\w+)\(', code))
            self.known |= set(re.findall(r'static inline \w+ (ntk_\w+)\(', code))
            self.known |= set(re.findall(r'\}\s*(ntk_\w+);', code))
            self.known |= set(re.findall(r'typedef [^{;]*?\(?\*?\b(ntk_\w+)\)?(?:\([^;]*\))?;', code))
            self.known |= set(re.findall(r'#define (NTK_\w+)(?!.*_H$)', code))
            self.known |= set(re.findall(r'\b(NTK_\w+) = ', code)) | set(re.findall(r'X\((NTK_\w+),', code))
            for body, name in re.findall(r'typedef struct \w+ \{(.*?)\}\s*(ntk_\w+);', code, flags=re.S):
                self.members[name] = {member_name(line) for line in body.split('\n')} - {None}

    def link(self, text, here=''):
        """Escaped text, with links at names but for the one that is documented."""

        def one(match):
            name, _, member = match.group().partition('.')
            rest = '.' + member if member else ''
            if name not in self.known or name == here:
                return escape(match.group())
            if member and member in self.members.get(name, ()):
                return f'@ref {name}::{member} "{match.group()}"'
            return f'@ref {name} "{name}"{rest}'

        pieces, last = [], 0
        for match in NAME.finditer(text):
            pieces += [escape(text[last:match.start()]), one(match)]
            last = match.end()
        return ''.join(pieces) + escape(text[last:])


def member_name(line):
    match = re.search(r'\(\*(\w+)\)\(|(\w+)(?:\[\w+\])?;', line.split('/*')[0])
    return match and (match.group(1) or match.group(2))


# --- a comment as blocks: ('prose', text), ('item', labels, text), ('formula', [line, ...]) ---


def strip(comment):
    """The text of a comment's lines, without what makes it a comment."""
    lines = [re.sub(r'^(/\* ?| \* ?)', '', line) for line in comment]
    lines[-1] = re.sub(r'\s*\*/$', '', lines[-1])
    return lines


def part_labels(lines, names):
    """The lines, with two spaces behind a name that fills its list's first column, so that one is left."""
    columns = {ITEM.match(line).start(2) for line in lines if ITEM.match(line)}
    out = []
    for line in lines:
        label = re.match(rf'({LABEL}) (?=\S)', line)
        aligned = label and label.group(1).split(', ')[-1] in names and label.end() in columns
        out.append(label.group() + ' ' + line[label.end():] if aligned else line)
    return out


def split(text, names):
    """The parts of a line that three spaces part, or a semicolon before another name."""
    return re.split(rf' {{3,}}|; +(?=(?:{"|".join(map(re.escape, names))})(?:  |: ))' if names else ' {3,}', text)


def pieces_of(line, parameters, names):
    """An unindented line's parts: an item at its start, and what follows it."""
    first = ITEM.match(line)
    parts = split(first.group(2) if first else line, names if first else ())
    if first:
        yield 'item', first.group(1), parts[0]
    else:
        yield 'prose', None, parts[0]
    for part in parts[1:]:
        word, _, rest = part.partition(' ')
        match = ITEM.match(part)
        if match:
            yield 'item', match.group(1), match.group(2)
        elif (word in parameters or first and word.rstrip(':') in names) and rest:
            yield 'item', word.rstrip(':'), rest
        else:
            yield 'prose', None, part


def goes_on(block, indent, broken):
    return block[0] == 'item' if indent > 1 else block[0] != 'formula' and broken


def joined(text, rest):
    """Two lines as one: a sentence that ended with its line is parted from the next by two spaces, as others are."""
    return text + ('  ' if text.endswith('.') else ' ') + rest


def blocks_of(lines, parameters, names=()):
    blocks, open_block, length = [], None, 0
    for line in part_labels(lines, names):
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        first_word = text.split(' ')[0] if text else ''
        broken = length + 1 + len(first_word) > WIDTH
        if not text:
            open_block = None
        elif open_block and goes_on(open_block, indent, broken and not ITEM.match(line)):
            parts = split(text, names) if open_block[0] == 'item' or parameters else [text]
            open_block[2] = joined(open_block[2], parts[0])
            for part in parts[1:]:
                kind, labels, rest = next(pieces_of(part, parameters, names))
                blocks.append(open_block := [kind, labels, rest])
        elif indent > 1:
            if not open_block or open_block[0] != 'formula':
                blocks.append(open_block := ['formula', None, ''])
            open_block[2] += line + '\n'
        else:
            for kind, labels, rest in pieces_of(line, parameters, names):
                if kind == 'prose' and open_block and open_block[0] == 'prose' and not open_block[2].endswith('.'):
                    open_block[2] = joined(open_block[2], rest)
                else:
                    blocks.append(open_block := [kind, labels, rest])
        length = len(line) + 3 if text else 0
    return blocks


# --- blocks as documentation ---


class Writer:
    def __init__(self, names):
        self.names = names

    def document(self, blocks, here='', parameters=(), taken=()):
        """Doxygen's text of blocks, without items whose labels are all taken."""
        out, listed, section, brief = [], False, False, True
        for kind, labels, text in blocks:
            split = labels.split(', ') if labels else []
            if kind == 'item' and all(label in taken for label in split):
                continue
            plain = kind == 'item' and not self.is_section(split, parameters)
            if listed and not plain:
                out.append('</dl>')
            if section and (kind != 'item' or plain):
                out.append('\n\n') # which ends it
            if plain and not listed:
                out.append('<dl class="names">')
            listed, section = plain, kind == 'item' and not plain
            if kind == 'formula':
                out.append('<pre class="formula">' + escape_verbatim(text.rstrip('\n')) + '</pre>\n')
            elif kind == 'prose':
                out.append(self.sentences(text, here, brief) + '\n')
            elif plain:
                out.append(f'<dt>{escape(labels)}</dt><dd>{self.names.link(text, here)}</dd>\n')
            else:
                out.append(self.sections(split, text, here, parameters) + ' ')
            brief = False
        return ''.join(out + ['</dl>'] if listed else out).strip()

    def sentences(self, text, here, brief):
        """The first sentence is the brief; two spaces part it from the next."""
        if not brief:
            return '<p>' + self.names.link(text, here)
        match = re.match(r'(.*?[.:;])(?:  |\s*$)(.*)', text)
        first, rest = match.groups() if match else (text, '')
        return f'@brief {self.names.link(first, here)}' + (f' @details {self.names.link(rest, here)}' if rest else '')

    def is_section(self, labels, parameters):
        return bool(parameters) and all(label in parameters or re.match('NTK_(ERR|NOTE)_', label) for label in labels)

    def sections(self, labels, text, here, parameters):
        linked = self.names.link(text, here)
        if labels[0] in parameters:
            return f'@param {",".join(labels)} {linked}'
        return ' '.join(f'@retval {label} {linked}' for label in labels)


def without_brief(text):
    """Documentation of what has no brief of its own."""
    return re.sub('@(brief|details) ', '', text)


def parameters_of(declaration):
    """Names of a function's parameters."""
    flat = re.sub(r'\(\*(\w+)\)', r'\1', declaration)
    flat = re.sub(r'\b(?!ntk_)(\w+)\([^()]*\)', r'\1', flat)
    match = re.search(r'\bntk_\w+\(([^()]*)\)', flat)
    return tuple(name for name in re.findall(r'(\w+)\s*(?:,|$)', match.group(1)) if name != 'void') if match else ()


class Members:
    """What a comment says of each member of a struct or constant of an enum."""

    def __init__(self, writer, blocks, names, enum, here):
        self.writer, self.here = writer, here
        items = [(labels.split(', '), text) for kind, labels, text in blocks if kind == 'item']
        words = {name: name.split('_', 1)[1] if enum else name for name in names}
        self.text, self.taken = {}, set()
        for name in names:
            fits = [fit for item in items for fit in self.each(*item) if self.fits(fit[0], name, enum)]
            if fits:
                label, self.text[name] = max(fits, key=lambda fit: len(fit[0]))
                self.taken.add(label)
        for name in names:
            if name not in self.text:
                self.text[name] = self.said_elsewhere(name, words[name], items, blocks, enum)

    @staticmethod
    def each(labels, text):
        """An item's labels with their texts: n, d, t of samples, inputs, targets; otherwise all have the whole."""
        own = text.split(', ')
        return zip(labels, own if len(own) == len(labels) and max(map(len, own)) < 12 else [text] * len(labels))

    @staticmethod
    def fits(label, name, enum):
        return fnmatch.fnmatch(name, label) or enum and name.endswith('_' + label)

    def said_elsewhere(self, name, word, items, blocks, enum):
        if name == 'struct_size':
            return 'sizeof the struct, as #NTK_INIT sets it'
        if name == 'reserved':
            return '0'
        if enum and re.search('_(COLUMNS|QUANTITIES)$', name):
            return 'how many there are'
        tails = [word.split('_', k)[-1] for k in range(word.count('_') + 1)] if enum else [word]
        for tail in tails:
            for _, text in items:
                if re.search(rf'\b{tail}\b', text):
                    return text
            if any(re.search(rf'\b{tail}\b', text) for kind, _, text in blocks):
                return '&nbsp;'
        return None if self.taken else '&nbsp;'

    def note(self, name):
        text = self.text[name]
        if text is None:
            return ''
        if text.startswith('&nbsp;') or '#NTK_INIT' in text:
            return f' /**< {text} */'
        return f' /**< {self.writer.names.link(text, self.here)} */'


# --- a header ---


class Header:
    def __init__(self, source, writer):
        self.lines = source.split('\n')
        self.writer = writer
        self.out = []
        self.group = False
        self.statuses = re.findall(r'X\((\w+), (-?\d+), "([^"]*)"\)', source)

    def convert(self):
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if line.startswith('/*'):
                end = at
                while not self.lines[end].rstrip().endswith('*/'):
                    end += 1
                at = self.comment(at, end)
            else:
                at = self.code(at)
        return '\n'.join(self.out)

    def code(self, at):
        line = self.lines[at]
        if line == 'NTK_END':
            line = self.close_group()
        elif re.match(r'#(define|undef) NTK_(STATUS_VALUE|API|MUST_CHECK|BEGIN|END|\w+_H$)', line) or line == 'NTK_BEGIN':
            line = ''  # how they are declared is no part of what they are
        elif line.strip() == 'NTK_STATUS_TABLE(NTK_STATUS_VALUE)':
            line = ' '.join(f'{name} = {value}, /**< {escape(text)} */' for name, value, text in self.statuses)
        self.out.append(line)
        return at + 1

    def close_group(self):
        was, self.group = self.group, False
        return '/** @} */' if was else ''

    def emit(self, text, room):
        """Documentation in so many lines of the header, if it fits."""
        lines = text.split('\n')
        self.out += lines + [''] * (room - len(lines))

    def comment(self, at, end):
        lines, room = strip(self.lines[at:end + 1]), end + 1 - at
        following = self.lines[end + 1] if end + 1 < len(self.lines) else ''
        title = re.match(r'--- (.*) ---\s*$', lines[0])
        if title:
            close = self.close_group()
            text = self.writer.document(blocks_of(lines[1:], ()))
            heading = title.group(1)[0].upper() + title.group(1)[1:]
            self.group = True
            self.emit(f'{close}/** @name {escape(heading)}\n{without_brief(text)} *//** @{{ */', room)
            return end + 1
        if not following.strip() or at == 0:
            text = self.writer.document(blocks_of(lines, ()))
            self.emit(f'/** {text if at == 0 else without_brief(text)} @file */', room)
            return end + 1
        return self.declaration(lines, room, end + 1)

    def declaration(self, comment, room, at):
        """What a comment documents: a struct or enum with its members, or the declarations until a blank line."""
        first = self.lines[at]
        if re.match(r'(typedef struct \w+|enum)( \w+)? \{', first):
            return self.members(comment, room, at)
        stop = at
        while stop < len(self.lines) and self.lines[stop].strip() and not self.lines[stop].startswith('/*'):
            stop += 1
        declaration = '\n'.join(self.lines[at:stop])
        here = NAME.search(declaration)
        parameters = parameters_of(declaration) if not declaration.startswith('typedef') else ()
        text = self.writer.document(blocks_of(comment, parameters, parameters), here.group() if here else '', parameters)
        self.emit(f'/** {text} */', room)
        self.out.append(first)
        for line in self.lines[at + 1:stop]:
            if line.startswith('NTK_API'):
                line = f'/** {text} */ '.replace('\n', ' ') + line
            elif line.startswith('#define') and first.startswith('#define'):
                line += f' /**< {without_brief(text)} */'
            self.out.append(line)
        return stop

    @staticmethod
    def nothing_else(here):
        """What is said of a struct or an enum whose comment is all about its members."""
        return '@brief Options; zero is the default of every member.' if here.endswith('_options') else '&nbsp;'

    def members(self, comment, room, at):
        stop = at
        while not re.search(r'\}[ \w]*;$', self.lines[stop]):
            stop += 1
        body = self.lines[at:stop + 1]
        enum = body[0].startswith('enum')
        here = re.search(r'\}\s*(\w+);', body[-1])
        here = here.group(1) if here else ''
        code = re.sub(r'/\*.*?\*/', '', '\n'.join(body), flags=re.S)
        names = re.findall(r'\b(NTK_\w+) = ', code) if enum else [name for name in map(member_name, code.split('\n')[1:-1]) if name]
        if not names:
            self.emit(f'/** {self.writer.document(blocks_of(comment, ()))} */', room)
            return at
        blocks = blocks_of(comment, (), [name.split('_', 2)[-1] for name in names] if enum else names)
        members = Members(self.writer, blocks, names, enum, here)
        text = self.writer.document(blocks, here, (), members.taken)
        self.emit(f'/** {text or self.nothing_else(here)} */', room)
        if enum:
            note = lambda match: match.group() + members.note(match.group(1))
            self.out += re.sub(r'\b(NTK_\w+) = [^,}\n]*?(?:,|(?= \})|$)', note, '\n'.join(body), flags=re.M).split('\n')
        else:
            self.out.append(body[0])
            for line in body[1:-1]:
                name = member_name(line)
                self.out.append(line + (members.note(name) if name else ''))
            self.out.append(body[-1])
        return stop + 1


def main():
    target, paths = Path(sys.argv[1]), [Path(path) for path in sys.argv[2:]]
    sources = {path: path.read_text() for path in paths}
    writer = Writer(Names(sources.values()))
    target.mkdir(parents=True, exist_ok=True)
    for path, source in sources.items():
        (target / path.name).write_text(Header(source, writer).convert())


main()
