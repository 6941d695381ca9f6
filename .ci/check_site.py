"""What a built page of the documentation must show, and must not; `python .ci/docs.py --check` calls it.

Without a browser: links, titles, docstrings, order of the menu, previous and next, folded cells, the glossary, reading
times, kept bars and kernels. What needs a browser (widths, padding, search) is in docs_browser.py."""
import ast
import json
import re
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bars import has_bar
from lessons import glossary
from site_course import only_tests, slug, stems

root = Path(__file__).resolve().parents[1]
machine = re.compile(r'(?<![\w.])/(?:work|root|tmp|home)/[\w.-]+')  # a path of the machine that kept the outputs
directive = re.compile(r'^#[ \t]*\|[ \t]*[\w-]+', re.M)
KERNEL = {'display_name': 'python3', 'language': 'python', 'name': 'python3'}
LESSON_COLUMNS = 88
LEAST_HIDDEN = 60  # letters of a hidden cell from which on it is looked for on its page


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
        self.pictures = 0
        self.neighbours = {}  # prev and next
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
        if tag == 'a' and given.get('class') in ('left-prev', 'right-next'):
            self.neighbours[given['class'].split('-')[1]] = given['href']
        self.pictures += tag == 'img'
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


def check_notebook(notebook, page, site):
    "A page shows title, description and docstrings, can be downloaded, and shows no path, directive or hidden cell"
    if squashed(notebook.title) not in page.squashed:
        yield 'its title is missing'
    if squashed(re.sub(r'[`*]', '', notebook.description)) not in page.squashed:
        yield 'its description is missing'
    if notebook.kind != 'home' and not any('colab' in to and to.endswith(notebook.url) for to in page.links):
        yield 'the Colab button is missing'
    if (site/'notebooks'/f'{notebook.name}.ipynb').read_bytes() != notebook.path.read_bytes():
        yield 'what is downloaded is not the notebook'
    leaked = machine.search(page.text) or directive.search(page.text)
    if leaked:
        yield f'shows {leaked[0]}'
    for docstring in docstrings(notebook):
        if squashed(docstring) not in page.squashed:
            yield f'the docstring "{docstring[:60]}" is missing'


def check_cells(notebook, page):
    "What is hidden stays hidden; set-up and tests are folded; no finished bar is kept; a kernel is named"
    kernel = json.loads(notebook.path.read_text(encoding='utf-8'))['metadata'].get('kernelspec')
    if kernel != KERNEL:
        yield f'its kernel is {kernel}, not {KERNEL}'
    folded = {'set-up': 0, 'tests': 0}
    for cell in notebook.cells:
        source = ''.join(cell['source'])
        if cell['cell_type'] == 'markdown':
            if source.count('<details') != source.count('</details>'):
                yield 'a <details> is never closed'
            continue
        bare = directive.sub('', source)
        if any(map(has_bar, cell['outputs'])):
            yield f'keeps a finished progress bar in cell {cell.get("id")}: run python .ci/bars.py'
        if re.search(r'^#\|\s*hide\s*$', source, re.M):
            words = squashed(bare)
            if len(words) > LEAST_HIDDEN and words in page.squashed:
                yield f'shows the hidden cell {cell.get("id")}'
            continue
        folded['set-up'] += 'code-fold: true' in source
        is_plain = not re.search(r'^#\|\s*(exports?|code-fold|hide_input|echo)', source, re.M)
        folded['tests'] += is_plain and only_tests(bare, cell['outputs'])
    for what, wanted in folded.items():
        shown = page.text.count(f'Show the {what}')
        if shown != wanted:
            yield f'{shown} of {wanted} cells with {what} are folded'


def check_lesson(lesson, page, terms):
    "A lesson says how long it takes, leads to the glossary, and its code keeps to the columns of its page"
    if not re.search(r'about \d+ minutes? to read', page.text):
        yield 'does not say how long it takes to read'
    for entry in terms:
        if not any(to.endswith(f'glossary.html#{slug(entry["term"])}') for to in page.links):
            yield f'"{entry["term"]}" does not lead to the glossary'
    for cell in lesson.visible:
        lines = ''.join(cell['source']).splitlines() if cell['cell_type'] == 'code' else []
        if lines and max(map(len, lines)) > LESSON_COLUMNS:
            yield f'cell {cell.get("id")} has {max(map(len, lines))} columns'


def check_order(lessons, built):
    "Lessons stand first in the menu, and each leads to the one before and the one after it"
    menu = built['index.html'].links
    places = [menu.index(f'{c.name}.html') for c in lessons if f'{c.name}.html' in menu]
    if places != sorted(places):
        yield 'index.html: the lessons are not in their order'
    if places and max(places) > menu.index('library.html'):
        yield 'index.html: the library stands before a lesson'
    pages = [f'{c.name}.html' for c in lessons]
    for before, after in zip(pages, pages[1:]):
        wanted = {before: ('next', after), after: ('prev', before)}
        for name, (way, other) in wanted.items():
            if built[name].neighbours.get(way, '').rsplit('/', 1)[-1] != other.rsplit('/', 1)[-1]:
                yield f'{name}: its {way} page is not {other}'


def check_home(home):
    if not home.pictures:
        yield 'index.html: no picture'


def check_glossary(built, terms):
    "Every term stands in the glossary once"
    page = built['glossary.html']
    for entry in terms:
        if slug(entry['term']) not in page.ids:
            yield f'glossary.html: "{entry["term"]}" is missing'
    seen = [slug(entry['term']) for entry in terms]
    for name in {s for s in seen if seen.count(s) > 1}:
        yield f'glossary.html: "{name}" is explained in two places'


def check_search(course, site):
    "Every page can be found, and the order of what is found knows of every lesson"
    index = (site/'searchindex.js').read_text(encoding='utf-8')
    yield from (f'{c.name} cannot be found by searching' for c in course if f'"{c.name}"' not in index)
    script = (site/'_static'/'language_data.js').read_text(encoding='utf-8')
    found = re.search(r'^const PAGES = (\{.*\});$', script, re.M)
    if not found:
        yield 'language_data.js: search does not sort by relevance'
        return
    facts = json.loads(found[1])
    for c in course:
        if c.kind == 'lesson' and not (set(stems(c.title)) <= set(facts['titles'].get(c.name, ()))):
            yield f'{c.name}: search does not know its title'


def docstrings(notebook):
    "Of the public functions and classes of a notebook of the library"
    if not notebook.module or notebook.kind != 'library':
        return
    tree = ast.parse((root/'chestxray_fastai'/f'{notebook.module}.py').read_text(encoding='utf-8'))
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


def check_pages(course, built, site):
    "A sentence for each thing that is wrong with the page of a notebook"
    terms = glossary()
    for notebook in course:
        name = f'{notebook.name}.html'
        page = built.get(name)
        if page is None:
            yield f'{name} is missing'
            continue
        found = [*check_notebook(notebook, page, site), *check_cells(notebook, page)]
        if notebook.kind == 'lesson':
            found += check_lesson(notebook, page, [t for t in terms if t['path'] == notebook.path])
        yield from (f'{name}: {words}' for words in found)
        if notebook.kind != 'home' and name not in built['index.html'].links:
            yield f'index.html: {notebook.name} is not in the table of contents'
    yield from check_glossary(built, terms)


def check(course, site):
    "A sentence for each thing that is wrong"
    files = [p for p in sorted(site.rglob('*.html')) if '_static' not in p.parts]
    built = {p.relative_to(site).as_posix(): Page(p) for p in files}
    problems = [*check_links(built, site), *check_pages(course, built, site), *check_home(built['index.html'])]
    lessons = [c for c in course if c.kind == 'lesson' and f'{c.name}.html' in built]
    problems += check_order(lessons, built)
    for facts in licences():
        missing = [fact for fact in facts if squashed(fact) not in built['data.html'].squashed]
        problems += [f'data.html: "{fact}" is missing' for fact in missing]
    problems += check_search(course, site)
    print(f'{len(built)} pages, {sum(len(p.links) for p in built.values()):,} links')
    return problems
