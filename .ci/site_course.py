"""What the site knows of the course: the groups of lessons, the time to read one, the glossary, and what search ranks
by. `.ci/docs.py` calls it."""
import ast
import json
import re
from collections import Counter

# The groups of lessons with their last numbers
groups = {'First models': 9, 'Numbers to trust': 16, 'Beyond one label': 21, 'Out of the house': 24}
# The parts of the library by the first digit of a notebook's number or by its folder, and what they are for
parts = {'0': ('Foundations', 'Phantoms, words and tools that all other modules use'),
         '1': ('Data', 'From folders and files to batches that were checked'),
         '2': ('Training', 'Networks, Learners and training that survives an interruption'),
         '3': ('Evaluation', 'Metrics with intervals, calibration, thresholds, referral and validation'),
         '4': ('Explanations', 'Features, heat maps and the tests that they must pass'),
         '5': ('Use', 'From an experiment to a frozen model, a report and an app'),
         '7': ('Lessons', 'What sets a lesson up and checks its exercises'),
         '9': ('Benchmarks', 'Measured side by side'),
         'cases': ('Case studies', 'Whole runs on real data')}
LAST_EXPLANATION = 44  # later numbers belong to what uses a model
WORDS_A_MINUTE = 180
LINES_A_MINUTE = 12  # of code
PICTURES_A_MINUTE = 4
MOST_WORDS = 250     # of a page that search weighs
term = re.compile(r'<dfn>([^<>\n]+)</dfn>')


def group_of(number):
    return next(group for group, last in groups.items() if int(number) <= last)


def part_of(name):
    "The part of the library that a notebook belongs to, by its name: title and purpose"
    if '/' in name:
        return parts[name.split('/')[0]]
    return parts['5' if LAST_EXPLANATION < int(name[:2]) < 50 else name[0]]


# ---- time to read

def joined(words):
    return words if isinstance(words, str) else ''.join(words)


def answers_apart(markdown):
    "A text without its folded answers, which are not read at once"
    return re.sub(r'<details.*?</details>', '', markdown, flags=re.S)


def minutes(cells):
    "About how long it takes to read these cells, in whole minutes"
    time = 0
    for cell in cells:
        source = joined(cell['source'])
        if cell['cell_type'] == 'markdown':
            time += len(re.findall(r"\w[\w'’-]*", answers_apart(source)))/WORDS_A_MINUTE
            continue
        time += sum(1 for line in source.splitlines() if line.strip())/LINES_A_MINUTE
        time += sum('image/png' in o.get('data', {}) for o in cell.get('outputs', []))/PICTURES_A_MINUTE
    return max(1, round(time))


# ---- cells that only test

def is_test(node):
    "An assertion, a call of a `test_…`, or a block of nothing else"
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        return getattr(function, 'id', getattr(function, 'attr', '')).startswith('test_')
    if isinstance(node, (ast.For, ast.With)):
        return bool(node.body) and is_test(node.body[-1]) and all(map(is_preparation, node.body))
    return False


def is_preparation(node):
    "What a test needs before it: nothing that shows anything"
    quiet = (ast.Import, ast.ImportFrom, ast.Assign, ast.AugAssign, ast.FunctionDef, ast.Delete)
    return isinstance(node, quiet) or is_test(node)


def only_tests(source, outputs):
    "Whether a cell shows a reader nothing: it ends in a test, at least half of its statements are tests, no output"
    plain = re.sub(r'^(\s*)[!%].*$', r'\1pass', source, flags=re.M)
    try:
        body = ast.parse(plain).body
    except SyntaxError:
        return False
    if outputs or not body or not is_test(body[-1]) or not all(map(is_preparation, body)):
        return False
    return 2*sum(map(is_test, body)) >= len(body)


# ---- glossary

def slug(words):
    return re.sub(r'\W+', '-', words.lower()).strip('-')


def with_terms_linked(markdown, glossary):
    "A lesson's text in which every `<dfn>` leads to the glossary, whose entry leads back"

    def linked(found):
        at = slug(found[1])
        return f'<dfn id="term-{at}"><a href="{glossary}#{at}">{found[1]}</a></dfn>'

    return term.sub(linked, markdown)


def closed(sentence):
    "A sentence with a full stop, where a lesson goes on with a list or a line of code"
    words = sentence.strip().rstrip(':;,')
    return words if words.endswith(('.', '?', '!', ')')) else f'{words}.'


def glossary_page(terms, lessons, links):
    "Every term of the course in the sentence that explains it, in the order of the alphabet"
    lines = ['# Glossary', '', '{.lead}', 'Every term of the course, in the sentence that explains it', '']
    if not terms:
        lines.append('The lessons explain no term yet.')
    initial = ''
    for entry in sorted(terms, key=lambda e: e['term'].lower()):
        if entry['term'][0].upper() != initial:
            initial = entry['term'][0].upper()
            lines += [f'## {initial}', '']
        lesson = next(c for c in lessons if c.path == entry['path'])
        origin = lesson.url
        sentence = links.text('glossary', origin, term.sub(r'**\1**', closed(entry['sentence'])))
        at = slug(entry['term'])
        back = f'<a class="from-lesson" href="{lesson.name}.html#term-{at}">Lesson {lesson.number}</a>'
        title = entry['term'][0].upper() + entry['term'][1:]
        lines += [f'<p class="term" id="{at}">{title}</p>', '', f'{sentence} {back}', '']
    return '\n'.join(lines)


# ---- search

def stems(words):
    from snowballstemmer import stemmer  # comes with Sphinx, and a README is made without it

    stem = stemmer('english').stemWord
    known = {}
    for word in re.findall(r'\w+', words.lower()):
        if word not in known:
            known[word] = stem(word)
        yield known[word]


def weights(texts):
    """How much each page is about each of its words, 0 to 99: {page: {stem: weight}}.

    How often a word stands there, damped and set against the length of the page, as BM25 does (Robertson and Zaragoza,
    2009); how rare it is among the pages doesn't matter for the order within one search."""
    counts = {name: Counter(s for s in stems(words) if len(s) > 1) for name, words in texts.items()}
    mean = sum(sum(c.values()) for c in counts.values())/max(len(counts), 1)
    found = {}
    for name, count in counts.items():
        length = .25 + .75*sum(count.values())/mean
        most = {word: n/(n + 3*length) for word, n in count.most_common(MOST_WORDS) if not word.isdigit()}
        found[name] = {word: round(99*w) for word, w in most.items() if round(99*w)}
    return found


def ranking(texts, titles, script):
    "The script of the search page: the weights before what uses them"
    facts = dict(weights=weights(texts), titles={name: sorted(set(stems(t))) for name, t in titles.items()})
    words = json.dumps(facts, ensure_ascii=False, separators=(',', ':'), sort_keys=True)
    return f'const PAGES = {words};\n{script}'
