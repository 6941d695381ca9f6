"""The documentation site, made of the notebooks with the outputs they keep: `python .ci/docs.py` builds it in `_docs`;
`--check` also looks whether all is there and every link leads somewhere.

No notebook is run. Sphinx and MyST-NB make the pages; fastcore.docments reads the comments of parameters."""
import argparse
import ast
import importlib
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import time
from configparser import ConfigParser
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from bars import without_bars
from fastcore.docments import docments
from lessons import glossary
from site_course import (glossary_page, group_of, groups, minutes, only_tests, part_of, parts, ranking,
                         with_terms_linked)

root = Path(__file__).resolve().parents[1]
ini = ConfigParser()
ini.read(root/'settings.ini', encoding='utf-8')
settings = ini['DEFAULT']
package = settings['lib_path']
nbs = root/settings['nbs_path']
out = root/settings['doc_path']
work = root/'_proc'
site = settings['doc_host'] + settings['doc_baseurl'] + '/'
source = work/'source'
# Files of the repository that have a page
pages = {'INSTALL.md': 'install', 'data/README.md': 'data', 'CONTRIBUTING.md': 'contributing', 'README.md': 'index',
         'CHANGELOG.md': 'changelog', 'TEACHING.md': 'teaching', 'nbs/course/README.md': 'course/index'}
folders = {'nbs/course': 'course/index', 'nbs/course/solutions': 'course/solutions/index'}
# Pages that are Markdown, with what the table of contents calls them
about = {'install': 'Install', 'course/index': 'The course', 'glossary': 'Glossary',
         'course/solutions/index': 'Solutions', 'teaching': 'For teachers', 'library': 'Overview',
         'reference': 'All names', 'data': 'Data sets and licences', 'contributing': 'Contributing',
         'changelog': 'Changelog'}
directive = re.compile(r'^#[ \t]*\|[ \t]*([\w-]+)[ \t]*:?[ \t]*(.*)$', re.M)


def text(cell):
    return ''.join(cell['source'])


def directives(cell):
    return {m[1]: m[2].strip() for m in directive.finditer(text(cell))}


def without_directives(cell):
    return directive.sub('', text(cell)).strip('\n')


def is_hidden(cell):
    return 'hide' in directives(cell) or 'nbdev_export()' in text(cell) or not without_directives(cell).strip()


def is_exported(cell):
    return bool({'export', 'exports'} & set(directives(cell)))


def stop_over(problems, where):
    if problems:
        sys.exit('\n'.join([*problems, f'{len(problems)} problem(s) {where}']))


class Notebook:
    "A notebook: its place on the site, its title, its description and its cells"

    def __init__(self, path):
        self.path = path
        self.name = path.relative_to(nbs).with_suffix('').as_posix()
        self.cells = json.loads(path.read_text(encoding='utf-8'))['cells']
        first = text(self.cells[0])
        heading = re.match(r'# (.+?)\n+> (.+?)\s*(?:\n\n|\Z)', first, re.S)
        if not heading:
            sys.exit(f'{path.relative_to(root)}: begins without "# Title" and "> description"')
        self.title = heading[1].strip()
        self.description = ' '.join(heading[2].split())
        self.rest = first[heading.end():]
        self.number = (re.match(r'\d+(?=_)', path.name) or [''])[0]
        self.kind = self.kind_of(self.name)
        if self.kind == 'library':
            self.part = part_of(self.name)[0]
        else:
            self.part = group_of(self.number) if self.number else ''
        self.url = f'{settings["nbs_path"]}/{self.name}.ipynb'
        named = re.search(r'^#\|\s*default_exp\s+(\S+)', '\n'.join(map(text, self.cells)), re.M)
        self.module = named[1] if named else None

    @staticmethod
    def kind_of(name):
        "home, lesson, solution or library"
        if name == 'index':
            return 'home'
        if name.startswith('course/solutions/'):
            return 'solution'
        return 'lesson' if name.startswith('course/') else 'library'

    @cached_property
    def minutes(self):
        return minutes(self.visible)

    @cached_property
    def visible(self):
        "What a reader sees, without the title"
        shown = [c for c in self.cells[1:] if text(c).strip()]
        return [c for c in shown if c['cell_type'] == 'markdown' or not is_hidden(c)]

    @property
    def label(self):
        return f'{self.number} · {self.title}' if self.number else self.title


def notebooks():
    "All notebooks in the order of the site: the home page, lessons, solutions, library"
    found = [Notebook(p) for p in nbs.rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts]
    kinds = ['home', 'lesson', 'solution', 'library']
    order = [title for title, _ in parts.values()]

    def place(c):
        return kinds.index(c.kind), order.index(c.part) if c.kind == 'library' else 0, c.name

    return sorted(found, key=place)


def of_kind(course, kind):
    return [c for c in course if c.kind == kind]


# ---- signatures and docments

def escaped(words):
    "Text of a docstring as Markdown: what stands between backticks stays, the rest means what it says"
    pieces = re.split(r'(`[^`]+`)', words)
    return ''.join(p if p.startswith('`') else re.sub(r'([\\*_<>$\[\]|])', r'\\\1', p) for p in pieces)


def signature(node, name):
    "A definition as one line, without self or cls"
    if isinstance(node, ast.ClassDef):
        own = {f.name: f for f in node.body if isinstance(f, ast.FunctionDef)}
        fields = [ast.unparse(f) for f in node.body if isinstance(f, ast.AnnAssign)]
        if '__init__' in own:
            return signature(own['__init__'], name).split(' -> ')[0]
        is_data = any('dataclass' in ast.unparse(d) for d in node.decorator_list)
        return f'{name}({", ".join(fields)})' if is_data else name
    arguments = re.sub(r'^(self|cls)(\s*:\s*[\w\'"]+)?(,\s*|$)', '', ast.unparse(node.args))
    return f'{name}({arguments})' + (f' -> {ast.unparse(node.returns)}' if node.returns else '')


def described(node, thing):
    "Docstring and parameters of a function, method or class as lines of Markdown"
    if isinstance(thing, property):
        thing = thing.fget
    try:
        comments = docments(thing)
    except (OSError, TypeError, IndexError):  # an exception class has no source of its own signature
        comments = {}
    lines = [escaped(ast.get_docstring(node) or ''), '']
    for name, comment in comments.items():
        if comment:
            words = escaped(' '.join(comment.split()))
            lines.append(f'- *returns* {words}' if name == 'return' else f'- **{escaped(name)}**: {words}')
    return lines


@dataclass
class Card:
    "What the site shows of one exported function or class"

    node: ast.AST
    module: str

    @cached_property
    def name(self):
        if isinstance(self.node, ast.FunctionDef) and 'patch' in map(ast.unparse, self.node.decorator_list):
            patched = ast.unparse(self.node.args.args[0].annotation).strip('\'"')
            return f'{patched}.{self.node.name}'
        return self.node.name

    @property
    def id(self):
        return f'{package}.{self.module}.{self.name}'

    @property
    def thing(self):
        found = importlib.import_module(f'{package}.{self.module}')
        for piece in self.name.split('.'):
            found = inspect.getattr_static(found, piece)
        return found

    @property
    def kind(self):
        if '.' in self.name:
            return 'method'
        if isinstance(self.node, ast.FunctionDef):
            return 'function'
        return 'exception' if re.search(r'(Error|Warning)$', self.name) else 'class'

    def methods(self):
        "Blocks of the public methods of a class"
        if self.kind not in ('class', 'exception'):
            return
        public = {f.name: f for f in self.node.body if isinstance(f, ast.FunctionDef) and not f.name.startswith('_')}
        for node in public.values():  # one of several that are told apart by type
            decorators = list(map(ast.unparse, node.decorator_list))
            is_property = any('property' in d for d in decorators)
            head = f'{{py:property}} {node.name}' if is_property else f'{{py:method}} {signature(node, node.name)}'
            options = [f':{o}:' for o in ('classmethod', 'staticmethod') if o in decorators]
            thing = inspect.getattr_static(self.thing, node.name)
            thing = getattr(thing, '__func__', getattr(thing, 'func', thing))
            yield '\n'.join([f':::::{head}', *options, '', *described(node, thing), ':::::', ''])

    def block(self):
        "A directive of Sphinx's Python domain"
        head = f'::::::{{py:{self.kind}}} {signature(self.node, self.name)}'
        lines = [head, f':module: {package}.{self.module}', '', *described(self.node, self.thing), '']
        return '\n'.join([*lines, *self.methods(), '::::::'])


def cards(cell, c):
    "The public definitions of an exported cell"
    if not is_exported(cell):
        return []
    body = ast.parse(without_directives(cell)).body
    definitions = [n for n in body if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and not n.name.startswith('_')]
    return [Card(n, c.module) for n in definitions]


# ---- Markdown: links of the repository become links of the site

class Links:
    "Links to files of the repository become links to pages, names in backticks links to where they are explained"

    # a heading, a formula, a name in backticks, a link, or a lesson by its number
    pattern = re.compile(r'(?P<head>^#{1,6} .*$)|(?P<math>\$[^$\n]+\$)|(?P<code>(?<!`)`[^`\n]+`(?!`))|'
                         r'(?P<link>(?P<label>!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<to>[^()\s]+)\))|'
                         r'(?P<lesson>\b[Ll]esson (?P<number>\d\d)\b)', re.M)
    fence = re.compile(r'(^(?:```|~~~).*?^(?:```|~~~)[ \t]*$)', re.M | re.S)

    def __init__(self, course, names):
        self.docs = {c.url: c.name for c in course} | pages | folders
        self.markdown = {*about, *map(part_page, parts.values())}
        self.short = {c.name.split('/')[-1]: c.name for c in course if c.kind in ('lesson', 'library') and c.number}
        self.lessons = {c.number: c.name for c in course if c.kind == 'lesson'}
        self.names = names
        self.broken = []

    def to(self, page, doc, anchor=''):
        relative = os.path.relpath(doc, os.path.dirname(page) or '.').replace(os.sep, '/')
        return relative + ('.md' if doc in self.markdown else '.ipynb') + anchor

    def target(self, page, origin, link):
        "Where a link of `origin`, a file of the repository, leads to on the site"
        if link.startswith(site):
            doc = link.removeprefix(site).removesuffix('.html') or 'index'
            return self.to(page, doc)
        if re.match(r'[a-z]+:', link) or link.startswith('#'):
            return link
        path, hash_sign, anchor = link.partition('#')
        for base in (os.path.dirname(origin), ''):  # the index is README.md too, so its links begin at the root
            name = os.path.normpath(os.path.join(base, unquote(path))).replace(os.sep, '/')
            if name in self.docs:
                return self.to(page, self.docs[name], hash_sign + anchor)
            if (root/name).exists() and not name.startswith('..'):
                kind = 'tree' if (root/name).is_dir() else 'blob'
                return f'{settings["git_url"]}/{kind}/{settings["branch"]}/{name}{hash_sign}{anchor}'
        self.broken.append(f'{origin}: the link {link} leads nowhere')
        return link

    def code(self, page, span):
        "A notebook, a file with a page or a public name between backticks becomes a link"
        words = span.strip('`')
        doc = self.short.get(words) or self.docs.get(words)
        if doc:
            return f'[{span}]({self.to(page, doc)})' if doc != page else span
        name = re.fullmatch(r'(\w+)(\(.*\))?', words)
        if not name or '<' in words:
            return span
        plain = not name[2] and re.fullmatch(r'[a-z]+', name[1])  # `train` may be a split: a plain word is no link
        full = None if plain else self.names.get(name[1])
        return f'{{py:obj}}`{words} <{full}>`' if full else span

    def text(self, page, origin, markdown):
        def replaced(m):
            if m['link']:
                return f'{m["label"]}({self.target(page, origin, m["to"])})'
            if m['lesson']:
                doc = self.lessons.get(m['number'], page)
                return m[0] if doc == page else f'[{m[0]}]({self.to(page, doc)})'
            return self.code(page, m[0]) if m['code'] else m[0]

        pieces = self.fence.split(markdown)
        return ''.join(p if k % 2 else self.pattern.sub(replaced, p) for k, p in enumerate(pieces))


# ---- the pages that Sphinx reads

def part_page(part):
    "Name of the page of a part of the library"
    return 'library-' + part[0].lower().replace(' ', '-')


def head(c, course):
    "Title, description and what can be done with a notebook"
    if c.kind == 'home':
        return f'# {c.title}\n\n{{.lead}}\n{c.description}\n\n'
    link = settings['git_url'].split('github.com/')[-1] + f'/blob/{settings["branch"]}/{c.url}'
    up = '../' * c.name.count('/')
    buttons = [f'<a href="https://colab.research.google.com/github/{link}">Open in Colab</a>',
               f'<a href="{up}notebooks/{c.name}.ipynb" download>Download notebook</a>',
               f'<a href="https://github.com/{link}">View on GitHub</a>']
    if c.kind == 'lesson' and any(o.number == c.number for o in of_kind(course, 'solution')):
        solution = next(o for o in of_kind(course, 'solution') if o.number == c.number)
        buttons.append(f'<a href="{up}{solution.name}.html">Solutions</a>')
    time = '' if c.kind != 'lesson' else f'<span class="reading-time">{reading_time(c)}</span>'
    number = f'<p class="kicker">Lesson {int(c.number)} · {c.part}</p>\n\n' if c.kind == 'lesson' else ''
    return (f'# {c.title}\n\n{number}{{.lead}}\n{c.description}\n\n'
            f'<p class="page-links">{" ".join(buttons)} {time}</p>\n\n')


def reading_time(c):
    return f'about {c.minutes} minute{"s" if c.minutes > 1 else ""} to read'


def only_imports(cell):
    "Whether an exported cell does nothing but import, which a reader may pass over"
    body = ast.parse(without_directives(cell)).body if is_exported(cell) else [None]
    return all(isinstance(n, (ast.Import, ast.ImportFrom)) for n in body)


def code_cell(cell):
    "A code cell as MyST-NB wants it, with what directives ask for as tags"
    asked = directives(cell)
    is_setup = asked.get('code-fold') == 'true'
    meta = {'tags': [], 'mystnb': {'image': {'alt': 'What the code above draws'}}}
    if 'hide_input' in asked or asked.get('echo') == 'false':
        meta['tags'].append('remove-input')
    elif is_setup or only_imports(cell):
        what = 'set-up' if is_setup else 'imports of the module'
        meta['tags'] += ['hide-input', 'remove-output'] if is_setup else ['hide-input']
        meta['mystnb'] |= {'code_prompt_show': f'Show the {what}', 'code_prompt_hide': f'Hide the {what}'}
    elif not is_exported(cell) and only_tests(without_directives(cell), cell.get('outputs', [])):
        meta['tags'].append('hide-input')
        meta['mystnb'] |= {'code_prompt_show': 'Show the tests', 'code_prompt_hide': 'Hide the tests'}
    if 'hide_output' in asked or asked.get('output') == 'false':
        meta['tags'].append('remove-output')
    outputs = [o for o in without_bars(cell.get('outputs', [])) if o['output_type'] != 'error']
    for output in outputs:
        output['data'] = {k: v for k, v in output.get('data', {}).items() if 'widget' not in k}
    outputs = [o if o['data'] else {k: v for k, v in o.items() if k != 'data'} for o in outputs]
    return dict(cell_type='code', source=without_directives(cell), metadata=meta, outputs=outputs, execution_count=None)


def markdown_cell(words):
    return dict(cell_type='markdown', metadata={}, source=words)


def words_of(c, links, markdown):
    "A text of a notebook as its page shows it"
    glossary = os.path.relpath('glossary.html', os.path.dirname(c.name) or '.').replace(os.sep, '/')
    words = links.text(c.name, c.url, markdown)
    return with_terms_linked(words, glossary) if c.kind == 'lesson' else words


def page(c, links, course, tail=''):
    "The notebook as the site shows it"
    cells = [markdown_cell(head(c, course) + words_of(c, links, c.rest))]
    for cell in c.visible:
        if cell['cell_type'] == 'markdown':
            cells.append(markdown_cell(words_of(c, links, text(cell))))
            continue
        if c.kind == 'lesson' and 'slow' in directives(cell):
            cells.append(markdown_cell('{.slow}\nThis cell trains for minutes. Its output is kept.'))
        cells.append(code_cell(cell))
        blocks = [card.block() for card in cards(cell, c) if c.kind == 'library']
        if blocks:
            cells.append(markdown_cell('\n\n'.join(blocks)))
    cells.append(markdown_cell(tail))
    kernel = dict(name='python3', display_name='python3', language='python')
    language = dict(name='python', pygments_lexer='ipython3')
    metadata = dict(kernelspec=kernel, language_info=language, description=c.description)
    return dict(cells=cells, metadata=metadata, nbformat=4, nbformat_minor=4)


def toctree(entries, caption=''):
    return '\n'.join(['```{toctree}', ':hidden:', *([f':caption: {caption}'] if caption else []), '', *entries, '```'])


def contents(course):
    "The tables of contents: what to start with, the lessons by group, what helps with them, the library"
    lessons = of_kind(course, 'lesson')
    named = [f'{title} <{doc}>' for doc, title in about.items()]
    trees = {'Start here': named[:2]}
    trees |= {group: [f'{c.label} <{c.name}>' for c in lessons if c.part == group] for group in groups}
    trees['With the lessons'] = named[2:5]
    library = [f'{part[0]} <{part_page(part)}>' for part in parts.values()]
    trees['Library'] = [named[5], *library, named[6]]
    trees['About'] = named[7:]
    return '\n\n'.join(toctree(entries, caption) for caption, entries in trees.items() if entries)


def listed(notebooks, folder=''):
    "Notebooks as a table: title, module, what each is for"
    lines = ['| notebook | module | what it is for |', '|---|---|---|']
    for c in notebooks:
        module = f'`{c.module}`' if c.module else ''
        name = os.path.relpath(c.name, folder or '.').replace(os.sep, '/')
        lines.append(f'| [{escaped(c.label)}]({name}.ipynb) | {module} | {escaped(c.description)} |')
    return '\n'.join(lines)


def part_pages(course):
    "The pages of the library's parts, and the one of all of them: {name: Markdown}"
    overview = ['# The library', '', '{.lead}', 'The modules that the lessons import: each notebook is a module, its '
                'documentation and its test', '', f'`pip install {package}` is described under [Install](install.md), '
                'and every public name is on [one page](reference.md).', '']
    made = {}
    for part in parts.values():
        title, purpose = part
        own = [c for c in of_kind(course, 'library') if c.part == title]
        table = listed(own)
        overview += [f'## [{title}]({part_page(part)}.md)', '', purpose + '.', '', table, '']
        entries = [f'{c.label} <{c.name}>' for c in own]
        made[part_page(part)] = f'# {title}\n\n{{.lead}}\n{purpose}\n\n{table}\n\n{toctree(entries)}\n'
    return made | {'library': '\n'.join(overview)}


def solutions_page(course):
    "The page before the solutions"
    own = of_kind(course, 'solution')
    lines = ['# Solutions', '', '{.lead}', 'Try first: a check that says what is missing teaches more than an answer',
             '', 'Each of these notebooks solves the exercises of one lesson and holds the checks that `check` runs, '
             'with tests: at least two right answers, wrong ones and none.', '']
    lines += [f'- [{escaped(c.label)}]({c.name.split("/")[-1]}.ipynb)' for c in own]
    return '\n'.join([*lines, '', toctree([f'{c.label} <{c.name.split("/")[-1]}>' for c in own])]) + '\n'


def reference(course):
    "One page with every public name"
    lines = ['# All names', '', 'What the package exports, module by module in the order of the notebooks. '
             'Each name leads to the place where it is built, explained and tested.', '']
    for c in of_kind(course, 'library'):
        own = [card for cell in c.visible if cell['cell_type'] == 'code' for card in cards(cell, c)]
        if not own:
            continue
        built_in = f'`from {package}.{c.module} import …`, built in [{c.title}]({c.name}.ipynb)'
        lines += [f'## {c.module}', '', built_in, '']
        lines += ['| name | what it is |', '|---|---|']
        for card in own:
            summary = escaped((ast.get_docstring(card.node) or '').split('\n')[0])
            lines.append(f'| {{py:obj}}`{card.name} <{card.id}>` | {summary} |')
        lines.append('')
    return '\n'.join(lines)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding='utf-8', newline='\n')


def explained(c):
    "The terms that a lesson explains, which count as its title does"
    return ' '.join(entry['term'] for entry in glossary([c.path])) if c.kind == 'lesson' else ''


def notebook_words(c):
    "What search weighs of a notebook"
    return '\n'.join([c.title, c.description, c.rest, *map(text, c.visible)])


def markdown_pages(course, links):
    "Every page that is no notebook: {name: Markdown}"
    made = {}
    for file, doc in pages.items():
        if doc in about:
            words = (root/file).read_text(encoding='utf-8')
            led = re.sub(r'\A(# .+)\n\n> (.+)\n', r'\1\n\n{.lead}\n\2\n', words)
            made[doc] = links.text(doc, file, led)
    made['glossary'] = glossary_page(glossary(), of_kind(course, 'lesson'), links)
    made['course/solutions/index'] = solutions_page(course)
    made['reference'] = reference(course)
    return made | part_pages(course)


def prepare():
    "Write what Sphinx reads, and the notebooks that can be downloaded"
    shutil.rmtree(work, ignore_errors=True)
    course = notebooks()
    names = {}
    for c in of_kind(course, 'library'):
        for card in (card for cell in c.visible if cell['cell_type'] == 'code' for card in cards(cell, c)):
            names[card.name] = None if card.name in names else card.id  # a name in two modules is no link
    links = Links(course, names)
    for c in course:
        tail = contents(course) if c.kind == 'home' else ''
        write(source/f'{c.name}.ipynb', json.dumps(page(c, links, course, tail), ensure_ascii=False))
        write(work/'extra'/'notebooks'/f'{c.name}.ipynb', c.path.read_text(encoding='utf-8'))
    made = markdown_pages(course, links)
    for doc, words in made.items():
        write(source/f'{doc}.md', words)
    titles = {doc: words.split('\n')[0] for doc, words in made.items()}
    titles |= {c.name: f'{c.title} {explained(c)}' for c in course}
    script = (nbs/'_static'/'relevance.js').read_text(encoding='utf-8')
    write(work/'relevance.js', ranking({c.name: notebook_words(c) for c in course} | made, titles, script))
    stop_over(links.broken, 'in links between files of the repository')
    return course


def build():
    "Sphinx over what was prepared; `_docs` is replaced only by a whole site"
    made = work/'html'
    command = [sys.executable, '-m', 'sphinx', '-q', '-W', '--keep-going', '-c', str(nbs), '-d', str(work/'doctrees'),
               '-D', f'html_extra_path={work/"extra"}', '-D', f'html_search_scorer={work/"relevance.js"}',
               str(source), str(made)]
    if subprocess.run(command).returncode:
        sys.exit('Sphinx did not build the site: what it said stands above.')
    shutil.rmtree(out, ignore_errors=True)
    made.rename(out)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true', help='look whether all is there and every link leads somewhere')
    args = parser.parse_args()
    began = time.perf_counter()
    course = prepare()
    build()
    if args.check:
        from check_site import check
        stop_over(check(course, out), 'on the site')
    print(f'{len(course)} notebooks: built {out.name}/index.html in {time.perf_counter() - began:.0f} s')
