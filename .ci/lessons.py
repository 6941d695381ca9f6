"""The lessons in `nbs/course`, held to the rules of a lesson: `python .ci/lessons.py` prints a table and what breaks a
rule. `--run` runs lessons and solutions first, two at a time, and keeps how long each took.

A line of code is one that is neither blank nor a directive; code that a reader does not see, and the cell that sets
up, count for nothing but cells. `glossary()` gives the sentences that explain a term: those that hold a `<dfn>`."""
import argparse
import ast
import json
import os
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

root = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(root), str(root/'.ci')]
from bars import has_bar  # noqa: E402
from first_cell import cell as first_cell  # noqa: E402

lessons_folder = root/'nbs'/'course'
solutions_folder = lessons_folder/'solutions'
times_file = root/'_proc'/'lesson_times.json'
MOST_CELLS = 30
MOST_MEDIAN = 6     # lines of the median visible code cell
MOST_LINES = 12     # of any visible code cell
MOST_COLUMNS = 88
MOST_ASSERTIONS = .2  # of visible lines of code
PICTURE_WITHIN = 5  # cells
QUESTIONS = range(10, 21)
EXERCISES = range(3, 6)
MOST_SECONDS = 90   # of processor time, for a lesson
MOST_MINUTES = 15   # for all, two at a time
KERNEL = {'display_name': 'python3', 'language': 'python', 'name': 'python3'}
PATHS = re.compile(r'(?<![\w.])/(?:work|home|root|tmp|Users|mnt|content|kaggle)/\S+|[A-Z]:\\\\?Users|site-packages')
UNSAID = re.compile(r'\b(strangers?|the ill|by lot|mended|nobody asked)\b', re.I)
FIGURES = re.compile(r'(?<![\w.,])0?[.]\d{2,}\b|\b\d+(?:[.,]\d+)?\s?(?:%|percent\b|per cent\b)')
ROUND = re.compile(r'(0|50|95|100)\s?(%|percent|per cent)')  # which nobody measures
DFN = re.compile(r'<dfn>([^<>\n]+)</dfn>')
ANSWER = re.compile(r'<details>\s*<summary>\s*Answer\s*</summary>\s*\n\s*\n.*?\n\s*\n\s*</details>', re.S)


def text(cell):
    return ''.join(cell['source'])


def flags(cell):
    return set(re.findall(r'^#\|\s*([\w-]+)', text(cell), re.M))


def code_lines(cell):
    return [line for line in text(cell).splitlines() if line.strip() and not line.startswith('#|')]


def assertion_lines(cell):
    "How many lines of a cell assert something"
    plain = re.sub(r'^(\s*)[!%].*$', r'\1pass', text(cell), flags=re.M)
    try:
        tree = ast.parse(plain)
    except SyntaxError:
        return 0
    lines = set()
    for node in ast.walk(tree):
        is_test = isinstance(node, ast.Call) and re.match(r'test_\w+$', getattr(node.func, 'id', ''))
        if isinstance(node, ast.Assert) or is_test:
            lines |= set(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def outputs(cell):
    "Pairs of MIME type and text of what a cell keeps"
    for output in cell.get('outputs', []):
        if output['output_type'] == 'stream':
            yield 'text/plain', ''.join(output['text'])
        for kind, content in output.get('data', {}).items():
            yield kind, content if isinstance(content, str) else ''.join(map(str, content))


def is_picture(kind, content):
    drawn = kind == 'text/html' and re.search(r'<(svg|img)\b', content)
    return kind.startswith('image/') or bool(drawn)


def has_picture(cell):
    if cell['cell_type'] == 'markdown':
        return bool(re.search(r'!\[[^\]]*\]\(|<(svg|img)\b', text(cell)))
    return any(is_picture(kind, content) for kind, content in outputs(cell))


def prose(cell):
    "The words of a Markdown cell, without code, formulas, links and comments"
    words = re.sub(r'```.*?```|`[^`]*`|\$[^$]*\$|<!--.*?-->', ' ', text(cell), flags=re.S)
    return re.sub(r'\]\([^)]*\)|https?://\S+', ' ', words)


def sentences(words):
    "Sentences of some Markdown, paragraphs and list items kept apart"
    for block in re.split(r'\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)', words):
        block = ' '.join(block.split())
        yield from re.split(r'(?<=[.!?:])(?<!e\.g\.)(?<!i\.e\.)\s+(?=[A-Z"“*`<\[(])', block)


@dataclass
class Lesson:
    "A notebook of the course, and what breaks a rule in it"

    path: Path
    failures: list = field(default_factory=list)
    warnings: list = field(default_factory=list)

    @cached_property
    def notebook(self):
        return json.loads(self.path.read_text(encoding='utf-8'))

    @property
    def cells(self):
        return self.notebook['cells']

    @property
    def name(self):
        return self.path.stem

    @property
    def number(self):
        return self.name[:2]

    @property
    def title(self):
        heading = re.match(r'# (.+)', text(self.cells[0]))
        return heading[1].strip() if heading else self.name

    @property
    def code(self):
        return [c for c in self.cells if c['cell_type'] == 'code']

    @property
    def markdown(self):
        return [c for c in self.cells if c['cell_type'] == 'markdown']

    @cached_property
    def visible(self):
        "Code cells that a reader sees, without the one that sets up"
        shown = [c for c in self.code if not flags(c) & {'hide', 'hide_input'} and code_lines(c)]
        return [c for c in shown if text(c) != first_cell]

    @property
    def lines(self):
        return [len(code_lines(c)) for c in self.visible] or [0]

    @property
    def median(self):
        return statistics.median(self.lines)

    @property
    def columns(self):
        return max((len(line) for c in self.visible for line in code_lines(c)), default=0)

    @property
    def assertions(self):
        "Share of visible lines of code"
        return sum(map(assertion_lines, self.visible)) / max(sum(self.lines), 1)

    @property
    def picture(self):
        "The first cell with a picture, counted from 1; None where there is none"
        return next((k for k, c in enumerate(self.cells, 1) if has_picture(c)), None)

    @property
    def questions(self):
        "How many questions there are, and how many folded answers"
        found = [text(c) for c in self.markdown if re.search(r'^#+ Questionnaire', text(c), re.M)]
        words = '\n'.join(found)
        outside = re.sub(r'<details>.*?</details>', '', words, flags=re.S)
        return len(re.findall(r'^\d+\. ', outside, re.M)), len(ANSWER.findall(words))

    @property
    def tasks(self):
        "The numbers of the exercises that are set"
        words = '\n'.join(text(c) for c in self.markdown)
        heading = re.search(r'^## Exercises', words, re.M)
        return re.findall(r'\*\*(\d\d\.\d+)', words[heading.end():]) if heading else []

    @property
    def checked(self):
        "The numbers that a visible last line checks"
        lasts = [code_lines(c)[-1] for c in self.visible]
        return [m[1] for line in lasts if (m := re.match(r"check\('(\d\d\.\d+)',", line))]

    @property
    def answered(self):
        "The numbers whose cells keep another output than 'not yet'"
        for cell in self.visible:
            asked = re.match(r"check\('(\d\d\.\d+)',", code_lines(cell)[-1])
            kept = ''.join(words for _, words in outputs(cell))
            if asked and kept and f'{asked[1]}: not yet' not in kept:
                yield asked[1]

    @property
    def terms(self):
        "(term, sentence that explains it with its `<dfn>`, id of its cell), in the order of the lesson"
        for cell in self.markdown:
            for sentence in sentences(text(cell)):
                for term in DFN.findall(sentence):
                    yield term.strip(), re.sub(r'^(?:[-*>]|\d+\.)\s+', '', sentence), cell.get('id')

    def fail(self, words):
        self.failures.append(words)

    def warn(self, words):
        self.warnings.append(words)


def lessons():
    return [Lesson(p) for p in sorted(lessons_folder.glob('[0-9][0-9]_*.ipynb'))]


def glossary(paths=None):
    "A dict of term, sentence, path, cell and title for each `<dfn>` in some lessons or in all, in their order"
    chosen = [Lesson(Path(p)) for p in paths] if paths else lessons()
    return [dict(term=term, sentence=sentence, path=lesson.path, cell=cell, title=lesson.title)
            for lesson in chosen for term, sentence, cell in lesson.terms]


# ---- the rules

def check_form(lesson):
    "Title, set-up, kernel, number of cells"
    if not re.match(r'# .+\n+> .+', text(lesson.cells[0])):
        lesson.fail('begins without "# Title" and "> description"')
    if len(lesson.cells) < 2 or text(lesson.cells[1]) != first_cell:
        lesson.fail('its second cell is not the common one: run python .ci/first_cell.py')
    if lesson.notebook['metadata'].get('kernelspec') != KERNEL:
        lesson.fail(f'its kernelspec is not {json.dumps(KERNEL)}')
    if len(lesson.cells) > MOST_CELLS:
        lesson.fail(f'{len(lesson.cells)} cells (at most {MOST_CELLS})')
    if lesson.picture is None or lesson.picture > PICTURE_WITHIN:
        lesson.fail(f'no picture within the first {PICTURE_WITHIN} cells')
    if any(flags(c) & {'export', 'exports', 'default_exp'} or 'nbdev_export()' in text(c) for c in lesson.code):
        lesson.fail('exports something: a lesson stands on the library')


def check_code(lesson):
    "Length and width of what a reader sees"
    if lesson.median > MOST_MEDIAN:
        lesson.fail(f'median visible code cell of {lesson.median:g} lines (at most {MOST_MEDIAN})')
    if lesson.assertions > MOST_ASSERTIONS:
        lesson.fail(f'{lesson.assertions:.0%} of the visible lines assert something (at most {MOST_ASSERTIONS:.0%})')
    for k, cell in enumerate(lesson.cells):
        if not any(cell is c for c in lesson.visible):
            continue
        lines = code_lines(cell)
        if len(lines) > MOST_LINES:
            lesson.fail(f'cell {k} has {len(lines)} lines (at most {MOST_LINES})')
        if max(map(len, lines)) > MOST_COLUMNS:
            lesson.fail(f'cell {k} has a line of {max(map(len, lines))} columns (at most {MOST_COLUMNS})')


def check_outputs(lesson):
    "What the cells keep"
    if lesson.code and not any(c.get('outputs') for c in lesson.code):
        lesson.fail('keeps no outputs: run python .ci/keep.py')
    for k, cell in enumerate(lesson.cells):
        if 'slow' in flags(cell) and not cell.get('outputs') and 'hide' not in flags(cell):
            lesson.fail(f'cell {k} is slow and keeps no output: run python .ci/keep.py --flags slow')
        for kind, content in outputs(cell) if cell['cell_type'] == 'code' else []:
            if kind.startswith('text/') and PATHS.search(content):
                lesson.fail(f'cell {k} keeps a path of one machine: {PATHS.search(content)[0][:60]}')
        if any(map(has_bar, cell.get('outputs', []))):
            lesson.fail(f'cell {k} keeps a finished progress bar: run python .ci/keep.py')
        if any(o['output_type'] == 'error' for o in cell.get('outputs', [])):
            lesson.fail(f'cell {k} keeps an error')


def check_prose(lesson):
    "Measured figures and words that we do not write: only said, since no pattern knows what was measured"
    for k, cell in enumerate(lesson.cells):
        if cell['cell_type'] == 'markdown':
            words = prose(cell)
            figures = [found for found in FIGURES.findall(words) if not ROUND.fullmatch(found)]
            for found in [*figures, *UNSAID.findall(words)]:
                lesson.warn(f'cell {k} says "{found.strip()}"')


def check_questions(lesson):
    questions, answers = lesson.questions
    if questions not in QUESTIONS:
        lesson.fail(f'{questions} questions (ten to twenty, numbered, below "## Questionnaire")')
    if questions != answers:
        lesson.fail(f'{questions} questions and {answers} folded answers')


def check_exercises(lesson, registered):
    "Each exercise is set once, has an empty cell, and a check that is registered"
    set_, checked = lesson.tasks, lesson.checked
    if len(set(set_)) not in EXERCISES:
        lesson.fail(f'{len(set(set_))} exercises (three to five, as **{lesson.number}.1** below "## Exercises")')
    if sorted(set_) != sorted(checked):
        lesson.fail(f'sets {", ".join(set_) or "nothing"} and checks {", ".join(checked) or "nothing"}')
    wrong = [n for n in {*set_, *checked} if n[:2] != lesson.number]
    if wrong:
        lesson.fail(f'has exercises of other lessons: {", ".join(sorted(wrong))}')
    own = {n for n in registered if n[:2] == lesson.number}
    if own != set(checked):
        lesson.fail(f'exercises {", ".join(sorted(own ^ set(checked)))} have a check or a cell, and not both')
    if list(lesson.answered):
        lesson.fail(f'the empty cells of {", ".join(lesson.answered)} do not say "not yet"')
    if not (solutions_folder/lesson.path.name).exists():
        lesson.fail(f'has no solutions: {solutions_folder.name}/{lesson.path.name} is missing')


def check_terms(found):
    "No term is explained twice"
    first = {}
    for lesson in found:
        for term, _, _ in lesson.terms:
            key = term.lower()
            if key in first:
                lesson.fail(f'explains "{term}", which {first[key]} explains')
            first.setdefault(key, lesson.name)
        tags = sum(text(c).count('<dfn>') for c in lesson.markdown)
        whole = len(list(lesson.terms))
        if tags != whole:
            lesson.fail(f'{tags} <dfn>, {whole} of them whole: is one not closed, or does it hold a line break?')


def registered_checks():
    from chestxray_fastai.course import exercises

    return exercises()


def checked_lessons():
    "All lessons, with what breaks a rule in each"
    found = lessons()
    registered = registered_checks()
    for lesson in found:
        check_form(lesson)
        check_code(lesson)
        check_outputs(lesson)
        check_prose(lesson)
        check_questions(lesson)
        check_exercises(lesson, registered)
    check_terms(found)
    return found


# ---- time

TEST_ONE = '''
import sys
from pathlib import Path
from nbdev.test import get_config, test_nb
config = get_config()
passed, _ = test_nb(Path(sys.argv[1]), skip_flags=config.tst_flags.split(), basepath=config.config_path)
sys.exit(not passed)
'''


def run_one(path):
    "Run a notebook as the gate does; seconds of processor time, seconds by the clock, and whether it passed"
    command = [sys.executable, '-c', TEST_ONE, str(path)]
    env = os.environ | {'OMP_NUM_THREADS': '1'}
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=root, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = used.ru_utime + used.ru_stime
    ok = process.returncode == 0
    print(f'{"  " if ok else "!!"} {path.relative_to(lessons_folder)}: {seconds:.0f} s', flush=True)
    return dict(cpu=round(seconds, 1), wall=round(time.perf_counter() - began, 1), passed=ok)


def run_all(workers, only):
    "Run lessons and solutions, the longest of the last time first; what was measured before is kept for the others"
    old = read_times()
    paths = [p for p in sorted(lessons_folder.rglob('*.ipynb')) if '.ipynb_checkpoints' not in p.parts]
    paths = [p for p in paths if not only or any(word in p.name for word in only)]
    names = [p.relative_to(lessons_folder).as_posix() for p in paths]
    order = sorted(zip(names, paths), key=lambda pair: -old.get(pair[0], {}).get('cpu', MOST_SECONDS))
    with ThreadPoolExecutor(workers) as pool:
        measured = list(pool.map(lambda pair: run_one(pair[1]), order))
    times = (old if only else {}) | {name: one for (name, _), one in zip(order, measured)}
    times_file.parent.mkdir(exist_ok=True)
    times_file.write_text(json.dumps(times, indent=1), encoding='utf-8')


def read_times():
    return json.loads(times_file.read_text(encoding='utf-8')) if times_file.exists() else {}


def too_slow(times):
    "A sentence for each limit of time that is broken, and for each notebook that failed"
    for name, one in times.items():
        if not one['passed']:
            yield f'{name} fails'
        if one['cpu'] > MOST_SECONDS:
            yield f'{name} takes {one["cpu"]:.0f} s of processor time (at most {MOST_SECONDS})'
    minutes = sum(one['cpu'] for one in times.values()) / 2 / 60
    if minutes > MOST_MINUTES:
        yield f'all lessons take {minutes:.1f} minutes, two at a time (at most {MOST_MINUTES})'


# ---- the table

def row(lesson, times):
    one = times.get(lesson.path.name, {})
    solved = times.get(f'{solutions_folder.name}/{lesson.path.name}', {})
    return [lesson.name, len(lesson.cells), len(lesson.code), f'{lesson.median:g}', max(lesson.lines), lesson.columns,
            f'{lesson.assertions:.0%}', lesson.picture or '-', lesson.questions[1], len(lesson.checked),
            len(list(lesson.terms)), f'{one["cpu"]:.0f}' if one else '-', f'{solved["cpu"]:.0f}' if solved else '-']


def print_table(found, times):
    head = ['lesson', 'cells', 'code', 'median', 'longest', 'columns', 'assert', 'picture', 'answers', 'exercises',
            'terms', 'CPU s', 'solutions']
    rows = [head, *([str(value) for value in row(lesson, times)] for lesson in found)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for line in rows:
        print('  '.join(value.ljust(w) if k == 0 else value.rjust(w) for k, (value, w) in enumerate(zip(line, widths))))


def self_test():
    "The rules can be broken, and a lesson that keeps them breaks none"
    def md(words):
        return dict(cell_type='markdown', source=words)

    def code(words, **output):
        kept = [dict(output_type='display_data', data=output)] if output else []
        return dict(cell_type='code', source=words, outputs=kept)

    def found(cells, check, *args):
        lesson = Lesson(lessons_folder/'07_x.ipynb')
        lesson.notebook = dict(cells=cells, metadata=dict(kernelspec=KERNEL))
        check(lesson, *args)
        return lesson.failures + lesson.warnings

    head = [md('# Title\n\n> What it is'), code(first_cell), code('plot()', **{'image/png': 'x'})]
    question = '{}. Why?\n   <details><summary>Answer</summary>\n\n   So.\n\n   </details>'
    ten = '\n'.join(['## Questionnaire', *(question.format(k + 1) for k in range(10))])
    for check in (check_form, check_code, check_outputs, check_prose):
        assert not found(head, check), found(head, check)
    assert not found([md(ten)], check_questions)
    assert found([md(ten.replace('</details>', '', 1))], check_questions)
    assert len(found([md('no title')] * 31 + [code('#| export\nx')], check_form)) == 5
    assert len(found([code('\n'.join(['assert x'] * 13)), code('#' * 89)], check_code)) == 4
    assert not found([code('#| hide\n' + 'assert x\n' * 13)], check_code)
    bar = code('x', **{'text/html': '<progress value="3"></progress>'})
    bad = [code('#| slow\nx'), code('x', **{'text/plain': '/tmp/x/y.png'}), bar]
    assert len(found(bad, check_outputs)) == 3
    words = 'It reached .987 and 93 %, not 95 %; `.987`, 07.3 and [x](a/.99) are none. It was mended.'
    assert len(found([md(words)], check_prose)) == 3
    cells = [code(f"x = ...\ncheck('07.{k}', x)") for k in (1, 2)]
    tasks = md('## Exercises\n\n**07.1** a **07.2** b **07.3** c')
    assert len(found([tasks, *cells], check_exercises, ['07.1', '07.2'])) == 2  # no cell for one, and no solutions
    given = code("x = 3\ncheck('07.1', x)", **{'text/plain': '07.1: no'})
    assert any('do not say' in words for words in found([given], check_exercises, []))
    lesson = Lesson(lessons_folder/'07_x.ipynb')
    words = 'A word. An <dfn>epoch</dfn> is a turn, e.g. the first. More.\n- A\n- A <dfn>b</dfn> c'
    lesson.notebook = dict(cells=[md(words)])
    terms = [('epoch', 'An <dfn>epoch</dfn> is a turn, e.g. the first.', None), ('b', 'A <dfn>b</dfn> c', None)]
    assert list(lesson.terms) == terms, list(lesson.terms)
    twice = [lesson, Lesson(lessons_folder/'08_x.ipynb')]
    twice[1].notebook = dict(cells=[md('<dfn>Epoch</dfn> is x.')])
    check_terms(twice)
    assert twice[1].failures and not lesson.failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('lessons', nargs='*', help='pieces of names, e.g. 03; all if none is given')
    parser.add_argument('--run', action='store_true', help='run lessons and solutions first')
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--glossary', action='store_true', help='print the terms and where they are explained')
    args = parser.parse_args()
    self_test()
    if args.glossary:
        for entry in sorted(glossary(), key=lambda entry: entry['term'].lower()):
            print(f'{entry["term"]} ({entry["path"].stem}): {entry["sentence"]}')
        return 0
    if args.run:
        run_all(args.workers, args.lessons)
    found = [lesson for lesson in checked_lessons() if not args.lessons or any(w in lesson.name for w in args.lessons)]
    times = read_times()
    print_table(found, times)
    for lesson in found:
        for words in lesson.warnings:
            print(f'   {lesson.name}: {words}')
    problems = [f'{lesson.name}: {words}' for lesson in found for words in lesson.failures]
    problems += too_slow(times) if not args.lessons else []
    for words in problems:
        print(f'!! {words}')
    print(f'{len(found)} lessons, {len(problems)} places break a rule')
    return int(bool(problems))


if __name__ == '__main__':
    sys.exit(main())
