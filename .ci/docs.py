"""The documentation site, made of the notebooks with the outputs they keep: `python .ci/docs.py` builds it in `_docs`; `--check` also looks whether all is there and every link leads somewhere.

Nothing is run and nothing is imported from the library: signatures, comments of parameters and docstrings are read from the exported cells."""
import argparse, ast, copy, inspect, io, json, os, re, shutil, subprocess, sys, time, tokenize
from configparser import ConfigParser
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

root = Path(__file__).resolve().parents[1]
ini = ConfigParser()
ini.read(root/'settings.ini', encoding='utf-8')
settings = ini['DEFAULT']
package, nbs = settings['lib_path'], root/settings['nbs_path']
out, work = root/settings['doc_path'], root/'_proc'
source, extra = work/'source', work/'extra'
parts = {'0': 'Start', '1': 'Data', '2': 'Learn', '3': 'Judge', '4': 'Explain', '5': 'Use', '9': 'Benchmarks', 'cases': 'Cases'}   # by the first digit of a chapter's number, or by its folder
pages = {'data/README.md': 'data', 'CONTRIBUTING.md': 'contributing', 'CHANGELOG.md': 'changelog', 'README.md': 'index'}   # files of the repository that have a page
about = {'data': 'Data sets and licences', 'reference': 'All names', 'changelog': 'Changelog', 'contributing': 'Contributing'}

def text(lines): return lines if isinstance(lines, str) else ''.join(lines)
def fail(problems, what): sys.exit('\n'.join([*problems, f'{len(problems)} problem(s) {what}'])) if problems else None

# ---- chapters

class Chapter:
    "A notebook: its place in the course, its title, its description and its cells"
    def __init__(self, path):
        self.path, self.name = path, path.relative_to(nbs).with_suffix('').as_posix()
        self.raw = path.read_bytes()
        self.nb = json.loads(self.raw)
        first = next((text(c['source']) for c in self.nb['cells'] if c['cell_type'] == 'markdown'), '')
        found = re.match(r'# (.+?)\n+> (.+?)\s*(?:\n\n|\Z)', first, re.S)
        if not found: sys.exit(f'{path.relative_to(root)}: begins without "# Title" and "> description"')
        self.title, self.description, self.rest = found[1].strip(), ' '.join(found[2].split()), first[found.end():]
        self.part = parts.get(self.name.split('/')[0] if '/' in self.name else self.name[0])
        if self.name != 'index' and not self.part: sys.exit(f'{path.relative_to(root)}: its number belongs to no part of the course, see `parts` in .ci/docs.py')
        self.number = (re.match(r'\d+[a-z]?(?=_)', self.name) or [''])[0]
        self.module = next((m[1] for c in self.code() if (m := re.search(r'^#\s*\|\s*default_exp\s+(\S+)', text(c['source']), re.M))), None)
        self.url = f'{settings["nbs_path"]}/{self.name}.ipynb'
    def code(self): return [c for c in self.nb['cells'] if c['cell_type'] == 'code']
    def label(self): return f'{self.number} · {self.title}' if self.number else self.title

def chapters():
    "All notebooks in the order of the course, the index first"
    found = [Chapter(p) for p in nbs.rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts]
    order = ['Start', *parts.values()]
    return sorted(found, key=lambda c: (c.name != 'index', order.index(c.part or 'Start'), c.name))

directive = re.compile(r'^#[ \t]*\|[ \t]*([\w-]+)[ \t]*:?[ \t]*(.*)$', re.M)
def directives(cell): return {m[1]: m[2].strip() for m in directive.finditer(text(cell['source']))}
def hidden(cell): return 'hide' in directives(cell) or 'nbdev_export()' in text(cell['source'])
def shown(cell): return directive.sub('', text(cell['source'])).strip('\n')
def target_module(cell, chapter):
    "The module that an exported cell goes to, if it is one"
    d = directives(cell)
    return next((d[k] or chapter.module for k in ('export', 'exports') if k in d), None)

# ---- signatures, comments of parameters, docstrings

def comments(node, code):
    "Docments by parameter: the comment behind a parameter, or the comment lines above it"
    behind, above = {}, {}
    for t in tokenize.generate_tokens(io.StringIO(code).readline):
        if t.type == tokenize.COMMENT: (behind if t.line[:t.start[1]].strip() else above)[t.start[0]] = t.string.lstrip('#').strip()
    if isinstance(node, ast.ClassDef): places = {f.lineno: f.target.id for f in node.body if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)}
    else:
        a = node.args
        places = {}
        for x in [*a.posonlyargs, *a.args, *filter(None, [a.vararg]), *a.kwonlyargs, *filter(None, [a.kwarg])]:
            places[x.lineno] = ', '.join(filter(None, [places.get(x.lineno), x.arg])).removeprefix('self, ')   # a comment speaks of all parameters before it
        if node.returns: places[node.returns.lineno] = 'return'
    first = node.lineno
    def comment(line):
        found = [behind[line]] if line in behind else []
        if not found:
            while (line := line - 1) > first and line in above: found.insert(0, above[line])
        return ' '.join(found)
    helps = {} if isinstance(node, ast.ClassDef) else plain_arguments(node.args)[1]
    said = {name: c for line, name in places.items() if (c := comment(line))}
    return {name: helps.get(name) or said[name] for name in [*places.values()] if name in helps or name in said}

def plain_arguments(args):
    "Arguments of a command-line function without fastcore's `Param`: its type as the annotation, its help by name"
    args, said = copy.deepcopy(args), {}
    for x in [*args.posonlyargs, *args.args, *args.kwonlyargs]:
        if isinstance(x.annotation, ast.Call) and ast.unparse(x.annotation.func) == 'Param':
            given = dict(zip(('help', 'type'), x.annotation.args)) | {k.arg: k.value for k in x.annotation.keywords}
            if isinstance(given.get('help'), ast.Constant): said[x.arg] = given['help'].value
            x.annotation = given.get('type') if isinstance(given.get('type'), ast.Name) else None
    return args, said

def escaped(s):
    "Text of a docstring as Markdown: what stands between backticks stays, the rest means what it says"
    return ''.join(p if p.startswith('`') else re.sub(r'([\\*_<>$\[\]|])', r'\\\1', p) for p in re.split(r'(`[^`]+`)', s))

def signature(node, name, drop_first=False):
    if isinstance(node, ast.ClassDef):
        init = next((f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == '__init__'), None)
        if init: return signature(init, name, True).split(' -> ')[0]
        fields = [ast.unparse(f) for f in node.body if isinstance(f, ast.AnnAssign)]
        data = any('dataclass' in ast.unparse(d) for d in node.decorator_list)
        return f'{name}({", ".join(re.sub(" = ", "=", f, count=1) for f in fields)})' if data else name
    args = ast.unparse(plain_arguments(node.args)[0])
    if drop_first: args = re.sub(r'^(self|cls)(\s*:\s*\w+)?(,\s*|$)', '', args)
    return f'{name}({args})' + (f' -> {ast.unparse(node.returns)}' if node.returns else '')

def described(node, code):
    "Docstring and parameters of one definition as lines of Markdown"
    said = comments(node, code)
    if isinstance(node, ast.ClassDef):
        for f in node.body:
            if isinstance(f, ast.FunctionDef) and f.name == '__init__': said |= comments(f, code)
    lines = [escaped(inspect.cleandoc(ast.get_docstring(node, clean=False) or '')), '']
    return lines + [f'- *returns* {escaped(c)}' if name == 'return' else f'- **{escaped(name)}**: {escaped(c)}' for name, c in said.items()]

class Card:
    "What the site shows of one exported function or class"
    def __init__(self, node, code, module):
        self.node, self.code, self.module, self.name, self.kind = node, code, module, node.name, 'class' if isinstance(node, ast.ClassDef) else 'function'
        decorators = [ast.unparse(d) for d in node.decorator_list]
        self.patched = self.kind == 'function' and 'patch' in decorators
        if self.patched: self.name, self.kind = f'{ast.unparse(node.args.args[0].annotation)}.{node.name}', 'method'
        self.id = f'{package}.{module}.{self.name}'
        self.doc = ast.get_docstring(node) or ''
        self.said = [c for c in comments(node, code).values()]
    def directive(self, known):
        def once(name):
            again = [':no-index:'] if name in known else []   # one of several methods that are told apart by type
            known.add(name)
            return again
        again = once(self.id)
        kind = 'exception' if self.kind == 'class' and re.search(r'(Error|Warning)$', self.name) else self.kind
        lines = [f'::::::{{py:{kind}}} {signature(self.node, self.name, self.patched)}', f':module: {package}.{self.module}', *again, '', *described(self.node, self.code), '']
        for f in self.node.body if self.kind == 'class' else []:
            if not isinstance(f, ast.FunctionDef) or f.name.startswith('_'): continue
            how = [ast.unparse(d) for d in f.decorator_list]
            what = 'property' if any('property' in d for d in how) else 'method'
            options = [f':{o}:' for o in ('classmethod', 'staticmethod') if o in how]
            lines += [f':::::{{py:{what}}} ' + (f.name if what == 'property' else signature(f, f.name, 'staticmethod' not in how)), *options, *(again or once(f'{self.id}.{f.name}')), '', *described(f, self.code), ':::::', '']
        return '\n'.join([*lines, '::::::'])

def cards(cell, chapter):
    "The public definitions of an exported cell"
    if not (module := target_module(cell, chapter)): return []
    code = shown(cell)
    try: body = ast.parse(code).body
    except SyntaxError: return []   # a cell with magics defines nothing that is exported
    return [Card(n, code, module) for n in body if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and not n.name.startswith('_')]

# ---- Markdown: links of the repository become links of the site

class Links:
    "Turns links to files of the repository into links to pages, and names in backticks into links to where they are explained"
    def __init__(self, course, names):
        self.docs = {c.url: c.name for c in course} | pages
        self.short = {c.name.split('/')[-1]: c.name for c in course if c.number}
        self.names, self.broken = names, []
    def to(self, page, doc, anchor=''): return os.path.relpath(doc, os.path.dirname(page) or '.').replace(os.sep, '/') + self.suffix(doc) + anchor
    def suffix(self, doc): return '.md' if doc in about else '.ipynb'
    def target(self, page, origin, link):
        "Where a link of `origin`, a file of the repository, leads to on the site"
        if re.match(r'[a-z]+:', link) or link.startswith('#'): return link
        path, _, anchor = link.partition('#')
        anchor = '#' + anchor if anchor else ''
        for base in (os.path.dirname(origin), ''):   # the index is README.md too, so its links begin at the root
            name = os.path.normpath(os.path.join(base, unquote(path))).replace(os.sep, '/')
            if name in self.docs: return self.to(page, self.docs[name], anchor)
            if (root/name).exists() and not name.startswith('..'): return f'{settings["git_url"]}/{"tree" if (root/name).is_dir() else "blob"}/{settings["branch"]}/{name}{anchor}'
        self.broken.append(f'{origin}: the link {link} leads nowhere')
        return link
    def code(self, page, span):
        "A chapter, a file with a page or a public name between backticks becomes a link"
        said = span.strip('`')
        if doc := self.short.get(said) or self.docs.get(said): return f'[{span}]({self.to(page, doc)})' if doc != page else span
        name = re.fullmatch(r'(\w+)(\(.*\))?', said)
        plain = name and not name[2] and re.fullmatch(r'[a-z]+', name[1])   # `train` may be a split: a plain word is no link
        if name and not plain and (full := self.names.get(name[1])): return f'{{py:obj}}`{said} <{full}>`' if '<' not in said else span
        return span
    def text(self, page, origin, markdown):
        pieces = re.split(r'(^(?:```|~~~).*?^(?:```|~~~)[ \t]*$)', markdown, flags=re.M | re.S)
        return ''.join(p if k % 2 else self.prose(page, origin, p) for k, p in enumerate(pieces))
    def prose(self, page, origin, markdown):
        def one(m):
            if m['head'] or m['math']: return m[0]
            if m['link']: return f'{m["label"]}({self.target(page, origin, m["to"])})'
            return self.code(page, m[0])
        return re.sub(r'(?P<head>^#{1,6} .*$)|(?P<math>\$[^$\n]+\$)|(?P<link>(?P<label>!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<to>[^()\s]+)\))|(?P<code>(?<!`)`[^`\n]+`(?!`))', one, markdown, flags=re.M)

# ---- the pages that Sphinx reads

def head(c):
    "Title, description and what can be done with a chapter"
    link = settings['git_url'].split('github.com/')[-1] + f'/blob/{settings["branch"]}/{c.url}'
    up = '../'*c.name.count('/')
    buttons = [f'<a href="https://colab.research.google.com/github/{link}">Open in Colab</a>',
               f'<a href="{up}notebooks/{c.name}.ipynb" download>Download notebook</a>',
               f'<a href="https://github.com/{link}">View on GitHub</a>']
    return f'# {c.title}\n\n{{.lead}}\n{c.description}\n\n<p class="chapter-links">{" ".join(buttons)}</p>\n\n'

def only_imports(cell):
    "Whether an exported cell does nothing but import, which a reader may pass over"
    if not {'export', 'exports', 'exporti'} & set(directives(cell)): return False
    try: return all(isinstance(n, (ast.Import, ast.ImportFrom)) for n in ast.parse(shown(cell)).body)
    except SyntaxError: return False

def code_cell(cell):
    "A code cell as MyST-NB wants it, with what directives ask for as tags"
    d = directives(cell)
    fold = d.get('code-fold') == 'true'
    tags = ['remove-input'] if 'hide_input' in d or d.get('echo') == 'false' else ['hide-input'] if fold or only_imports(cell) else []
    tags += ['remove-output'] if 'hide_output' in d or d.get('output') == 'false' else []
    meta = {'tags': tags, 'mystnb': {'image': {'alt': 'What the code above draws'}}}
    what = 'set-up' if fold else 'imports of the module'
    if 'hide-input' in tags: meta['mystnb'] |= {'code_prompt_show': f'Show the {what}', 'code_prompt_hide': f'Hide the {what}'}
    outputs = [o for o in cell.get('outputs', []) if o['output_type'] != 'error']
    for o in outputs:
        for kind in [k for k in o.get('data', {}) if 'widget' in k]: del o['data'][kind]
    return dict(cell_type='code', source=shown(cell), metadata=meta, outputs=outputs, execution_count=None)

def visible(c):
    "The cells of a chapter that a reader sees, without its title"
    seen_title = False
    for cell in c.nb['cells']:
        if cell['cell_type'] == 'markdown' and not seen_title: seen_title = True; continue
        if cell['cell_type'] == 'markdown' and text(cell['source']).strip(): yield cell
        elif cell['cell_type'] == 'code' and not hidden(cell) and shown(cell).strip(): yield cell

def page(c, links, known, tail=''):
    "The notebook of a chapter as the site shows it"
    cells = [dict(cell_type='markdown', metadata={}, source=head(c) + links.text(c.name, c.url, c.rest))]
    for cell in visible(c):
        if cell['cell_type'] == 'markdown': cells.append(dict(cell_type='markdown', metadata={}, source=links.text(c.name, c.url, text(cell['source']))))
        else:
            cells.append(code_cell(cell))
            if found := cards(cell, c): cells.append(dict(cell_type='markdown', metadata={}, source='\n\n'.join(x.directive(known) for x in found)))
    if tail: cells.append(dict(cell_type='markdown', metadata={}, source=tail))
    return dict(cells=cells, metadata=dict(kernelspec=dict(name='python3', display_name='python3', language='python'), language_info=dict(name='python', pygments_lexer='ipython3'), description=c.description), nbformat=4, nbformat_minor=4)

def contents(course):
    "The tables of contents, a part each, made of the notebooks there are"
    trees = {p: [f'{c.label()} <{c.name}>' for c in course if c.part == p] for p in parts.values()}
    trees['About'] = [f'{title} <{doc}>' for doc, title in about.items()]
    return '\n\n'.join('```{toctree}\n:hidden:\n:caption: ' + p + '\n\n' + '\n'.join(entries) + '\n```' for p, entries in trees.items() if entries)

def reference(course, found):
    "One page with every public name"
    lines = ['# All names', '', 'What the package exports, module by module in the order of the course. Each name leads to the place in its chapter where it is built, explained and tested.', '']
    for module in dict.fromkeys(card.module for _, card in found):
        own = [(c, card) for c, card in found if card.module == module and not card.patched]
        where = ', '.join(f'[{c.title}]({c.name}.ipynb)' for c in dict.fromkeys(c for c, _ in own))
        lines += [f'## {module}', '', f'`from {package}.{module} import …`, built in {where}', '', '| name | what it is |', '|---|---|']
        lines += [f'| {{py:obj}}`{card.name} <{card.id}>` | {escaped((card.doc.splitlines() or [""])[0])} |' for _, card in own] + ['']
    return '\n'.join(lines)

def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding='utf-8', newline='\n')

def prepare():
    "Write what Sphinx reads, and the notebooks that can be downloaded"
    shutil.rmtree(work, ignore_errors=True)
    course = chapters()
    found = [(c, card) for c in course for cell in c.code() if not hidden(cell) for card in cards(cell, c)]
    names = {}
    for _, card in found: names[card.name] = None if card.name in names else card.id   # a name in two modules is no link
    links, known = Links(course, names), set()
    for c in course:
        write(source/f'{c.name}.ipynb', json.dumps(page(c, links, known, contents(course) if c.name == 'index' else ''), ensure_ascii=False))
        (extra/'notebooks'/c.name).parent.mkdir(parents=True, exist_ok=True)
        (extra/'notebooks'/f'{c.name}.ipynb').write_bytes(c.raw)
    for file, doc in pages.items():
        if doc in about: write(source/f'{doc}.md', links.text(doc, file, (root/file).read_text(encoding='utf-8')))
    write(source/'reference.md', reference(course, found))
    fail(links.broken, 'in links between files of the repository')
    return course, found

def build():
    "Sphinx over what was prepared; `_docs` is replaced only by a whole site"
    made = work/'html'
    command = [sys.executable, '-m', 'sphinx', '-q', '-W', '--keep-going', '-c', str(nbs), '-d', str(work/'doctrees'), '-D', f'html_extra_path={extra}', str(source), str(made)]
    if subprocess.run(command).returncode: sys.exit('Sphinx did not build the site: what it said stands above.')
    shutil.rmtree(out, ignore_errors=True)
    made.rename(out)

# ---- looking at what was built

class Page(HTMLParser):
    "Links, anchors, text and code of a built page"
    void = set('area base br col embed hr img input link meta source track wbr'.split())
    def __init__(self, file):
        super().__init__()
        self.ids, self.links, self.loads, self.open, self.text, self.code, self.problems, self.cells = set(), [], [], [], [], [], [], 0
        self.feed(file.read_text(encoding='utf-8'))
        if any(t == 'details' for t, _ in self.open): self.problems.append('a <details> is never closed')
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if 'id' in a: self.ids.add(a['id'])
        if tag == 'a' and a.get('href'): self.links.append(a['href'])
        if tag == 'link' and a.get('rel') != 'canonical' and a.get('href'): (self.links if a.get('rel') in ('author', 'index', 'search', 'next', 'prev') else self.loads).append(a['href'])
        self.loads += [a[k] for k in ('src', 'poster') if a.get(k) and tag != 'a']
        if tag == 'div' and 'cell' in (a.get('class') or '').split(): self.cells += 1
        if tag not in self.void: self.open.append((tag, a.get('class') or ''))
    def handle_endtag(self, tag):
        if tag in self.void: return
        while self.open and self.open[-1][0] != tag:
            lost = self.open.pop()[0]
            if 'details' in (lost, tag): self.problems.append(f'<{lost}> ends inside out at </{tag}>')
        if self.open: self.open.pop()
    def handle_data(self, data):
        if self.open and self.open[-1][0] in ('script', 'style'): return
        self.text.append(data)
        if any(t == 'div' and 'highlight' in k for t, k in self.open): self.code.append(data)

machine = re.compile(r'(?<![\w.])/(?:work|root|tmp|home)/[\w.-]+')   # a path of the machine that kept the outputs
def squashed(s): return re.sub(r'\W+', '', s)

def check_links(built):
    "Every link and anchor inside the site leads somewhere; nothing is loaded from elsewhere"
    external = set()
    for name, p in built.items():
        for link in p.links + p.loads:
            at = urlsplit(link)
            if at.scheme == 'data': continue
            if at.scheme or at.netloc:
                if link in p.loads: yield f'{name}: loads {link[:100]} from elsewhere'
                external.add(link)
                continue
            target = os.path.normpath(os.path.join(os.path.dirname(name), unquote(at.path))) if at.path else name
            if (out/target).is_dir(): target = os.path.join(target, 'index.html')
            if not (out/target).is_file(): yield f'{name}: the link {link} leads nowhere'
            elif at.fragment and target in built and unquote(at.fragment) not in built[target].ids and at.fragment not in ('', 'top'): yield f'{name}: the page of {link} has no such place'
    for css in out.rglob('*.css'):
        for url in re.findall(r'url\(\s*["\']?((?:https?:)?//[^"\')]+)|@import\s+(?:url\()?["\']((?:https?:)?//[^"\']+)', css.read_text(encoding='utf-8')): yield f'{css.relative_to(out)}: loads {url} from elsewhere'
    write(work/'external_links.txt', '\n'.join(sorted(external)) + '\n')

def check_chapter(c, p, found):
    "What a chapter's page must show, and must not"
    words = ''.join(p.text)
    if squashed(c.title) not in squashed(words): yield 'its title is missing'
    if squashed(re.sub(r'[`*]', '', c.description)) not in squashed(words): yield 'its description is missing'
    if not any(link.startswith('https://colab.research.google.com/github/') and link.endswith(f'/{settings["branch"]}/{c.url}') for link in p.links): yield 'the Colab button is missing'
    if (out/'notebooks'/f'{c.name}.ipynb').read_bytes() != c.raw: yield 'what is downloaded is not the notebook'
    expected = sum(cell['cell_type'] == 'code' for cell in visible(c))
    if p.cells != expected: yield f'{p.cells} code cells are shown, {expected} should be'
    if lines := [line for line in ''.join(p.code).splitlines() if directive.match(line)]: yield f'a directive is shown: {lines[0]}'
    if m := machine.search(words) or machine.search('\n'.join(p.text)): yield f'shows the path {m[0]} of a machine'
    for card in (card for chapter, card in found if chapter is c):
        if card.id not in p.ids: yield f'{card.name} has no signature'
        yield from (f'{card.name}: the comment "{said}" is missing' for said in [*card.said, card.doc] if squashed(said) not in squashed(words))
    yield from p.problems

def licences():
    "Name and licence of every data set, read from the cell of `sources` that lists them"
    tree = ast.parse((root/package/'sources.py').read_text(encoding='utf-8'))
    sets = next(n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == 'SETS')
    for name, facts in zip(sets.keys, sets.values):
        yield name.value, next(k.value.value for k in facts.keywords if k.arg == 'title'), next(k.value.value for k in facts.keywords if k.arg == 'licence')

def check(course, found):
    built = {p.relative_to(out).as_posix(): Page(p) for p in sorted(out.rglob('*.html')) if '_static' not in p.parts}
    problems = list(check_links(built))
    for c in course: problems += [f'{c.name}.html: {what}' for what in check_chapter(c, built[f'{c.name}.html'], found)] if f'{c.name}.html' in built else [f'{c.name}.html is missing']
    data = squashed(''.join(built['data.html'].text))
    problems += [f'data.html: {what} of the set {name} is missing' for name, title, licence in licences() for what, words in (('the name', name), ('the title', title), ('the licence', licence)) if squashed(words) not in data]
    index = built['index.html']
    problems += [f'index.html: {c.name} is not in the table of contents' for c in course[1:] if f'{c.name}.html' not in index.links]
    problems += [f'index.html: the part {p} has no caption' for p in {c.part for c in course[1:]} if p not in map(str.strip, index.text)]
    search = (out/'searchindex.js').read_text(encoding='utf-8')
    problems += [f'{c.name} cannot be found by searching' for c in course if f'"{c.name}"' not in search]
    fail(problems, 'on the site')
    links = sum(len(p.links) for p in built.values())
    outside = len((work/'external_links.txt').read_text(encoding='utf-8').splitlines())
    print(f'{len(built)} pages, {len(course)} of them from notebooks; {len(found)} public names with their signatures; {links:,} links, of which {outside} different ones lead outside (listed in {work.name}/external_links.txt, not fetched)')

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true', help='look whether all is there and every link leads somewhere')
    parser.add_argument('--requirements', action='store_true', help='print what building needs, as settings.ini has it, and do nothing else')
    args = parser.parse_args()
    if args.requirements: sys.exit(print(*settings['docs_requirements'].split(), sep='\n'))
    began = time.perf_counter()
    course, found = prepare()
    build()
    if args.check: check(course, found)
    print(f'built {out.name}/index.html in {time.perf_counter() - began:.0f} s')
