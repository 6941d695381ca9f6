"""What a built page of the documentation must show, and must not; `python .ci/docs.py --check` calls it."""
import ast
import re
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

root = Path(__file__).resolve().parents[1]
machine = re.compile(r'(?<![\w.])/(?:work|root|tmp|home)/[\w.-]+')  # a path of the machine that kept the outputs
directive = re.compile(r'^#[ \t]*\|[ \t]*[\w-]+', re.M)


def squashed(words):
    return re.sub(r'\W+', '', words)


class Page(HTMLParser):
    "Text, links, anchors and what is loaded, of a built page"

    def __init__(self, path):
        super().__init__()
        self.ids = set()
        self.links = []
        self.loads = []
        self.words = []
        self.silent = 0  # inside how many scripts and styles
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if given.get('id'):
            self.ids.add(given['id'])
        if tag == 'a' and given.get('href'):
            self.links.append(given['href'])
        if tag == 'link' and given.get('rel') in ('stylesheet', 'preload', 'icon', 'shortcut icon'):
            self.loads.append(given['href'])
        if tag != 'a' and given.get('src'):
            self.loads.append(given['src'])
        self.silent += tag in ('script', 'style')

    def handle_endtag(self, tag):
        self.silent -= tag in ('script', 'style')

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)

    @cached_property
    def text(self):
        return ''.join(self.words)

    @cached_property
    def squashed(self):
        return squashed(self.text)


def check_links(built, site):
    "Every link and anchor inside the site leads somewhere; nothing is loaded from elsewhere"
    for name, page in built.items():
        for load in page.loads:
            if urlsplit(load).netloc:
                yield f'{name}: loads {load[:100]} from elsewhere'
        for link in page.links + page.loads:
            at = urlsplit(link)
            if at.scheme or at.netloc:
                continue
            target = (site/name).parent/unquote(at.path) if at.path else site/name
            target = target/'index.html' if target.is_dir() else target
            if not target.is_file():
                yield f'{name}: the link {link} leads nowhere'
                continue
            other = built.get(target.resolve().relative_to(site).as_posix())
            if other and unquote(at.fragment) not in other.ids | {'', 'top'}:
                yield f'{name}: the page of {link} has no such place'


def check_chapter(chapter, page, site):
    "A chapter shows its title, description and docstrings, can be downloaded, and shows no path and no directive"
    if squashed(chapter.title) not in page.squashed:
        yield 'its title is missing'
    if squashed(re.sub(r'[`*]', '', chapter.description)) not in page.squashed:
        yield 'its description is missing'
    if not any('colab' in link and link.endswith(chapter.url) for link in page.links):
        yield 'the Colab button is missing'
    if (site/'notebooks'/f'{chapter.name}.ipynb').read_bytes() != chapter.path.read_bytes():
        yield 'what is downloaded is not the notebook'
    leaked = machine.search(page.text) or directive.search(page.text)
    if leaked:
        yield f'shows {leaked[0]}'
    for cell in chapter.cells:
        source = ''.join(cell['source'])
        if cell['cell_type'] == 'markdown' and source.count('<details') != source.count('</details>'):
            yield 'a <details> is never closed'
    for docstring in docstrings(chapter):
        if squashed(docstring) not in page.squashed:
            yield f'the docstring "{docstring[:60]}" is missing'


def docstrings(chapter):
    "Of the public functions and classes of a chapter's module"
    if not chapter.module:
        return
    tree = ast.parse((root/'chestxray_fastai'/f'{chapter.module}.py').read_text(encoding='utf-8'))
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith('_'):
            yield ast.get_docstring(node) or ''


def licences():
    "Name, title and licence of every data set, read from the cell of `sources` that lists them"
    tree = ast.parse((root/'chestxray_fastai'/'sources.py').read_text(encoding='utf-8'))
    sets = next(n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == 'SETS')
    for name, facts in zip(sets.keys, sets.values):
        given = {k.arg: k.value for k in facts.keywords}
        yield name.value, given['title'].value, given['licence'].value


def check(course, site):
    "A sentence for each thing that is wrong"
    files = [p for p in sorted(site.rglob('*.html')) if '_static' not in p.parts]
    built = {p.relative_to(site).as_posix(): Page(p) for p in files}
    problems = list(check_links(built, site))
    for chapter in course:
        page = built.get(f'{chapter.name}.html')
        if page is None:
            problems.append(f'{chapter.name}.html is missing')
            continue
        problems += [f'{chapter.name}.html: {words}' for words in check_chapter(chapter, page, site)]
        if chapter.name != 'index' and f'{chapter.name}.html' not in built['index.html'].links:
            problems.append(f'index.html: {chapter.name} is not in the table of contents')
    for facts in licences():
        missing = [fact for fact in facts if squashed(fact) not in built['data.html'].squashed]
        problems += [f'data.html: "{fact}" is missing' for fact in missing]
    search = (site/'searchindex.js').read_text(encoding='utf-8')
    problems += [f'{c.name} cannot be found by searching' for c in course if f'"{c.name}"' not in search]
    print(f'{len(built)} pages, {sum(len(p.links) for p in built.values()):,} links')
    return problems
