"""Opens every page of the built site in Chromium: `python .ci/docs_browser.py [--chromium /usr/bin/chromium] [--shots
FOLDER] [--pages PATTERN]`.

It fails when a page asks for anything beyond this machine, logs an error, is wider than a telephone or shows a broken
picture; when at 1,280 pixels anything scrolls sideways, a page has no room for the columns that its code is written to
(88 in a lesson, 120 in the library) or a table has no padding; and when search finds nothing, or lists the library
before the lesson that teaches what was asked. Playwright drives the browser."""

import argparse
import functools
import re
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

site = Path(__file__).resolve().parents[1] / '_docs'
flags = (
    '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking'
    ' --disable-component-update --disable-sync'.split()
)
sizes = {'telephone': (390, 844), 'desk': (1280, 900)}
SCROLLBAR = 15  # pixels that a desk's browser may take away
PADDING = 3  # least pixels beside the words of a table's cell
# What readers look for. A lesson comes first where one says the word in its title or explains it.
words = ['calibration', 'threshold', 'lr_find', 'learning rate', 'heat map', 'operating_point']

# What scrolls sideways inside the article, what is cut off there, and how many columns each cell of code has room for
measure = """() => {
  const article = document.querySelector('article.bd-article');
  const found = {scrolls: [], columns: [], tight: 0, bars: 0};
  if (!article) return found;
  for (const e of article.querySelectorAll('*')) {
    if (!e.clientWidth || e.scrollWidth <= e.clientWidth + 1 || e.closest('details:not([open])')) continue;
    if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX))
      found.scrolls.push(`${e.tagName.toLowerCase()}.${e.className} ${e.scrollWidth - e.clientWidth} px: ` +
        e.textContent.trim().slice(0, 50));
  }
  for (const pre of article.querySelectorAll('.cell_input pre')) {
    const style = getComputedStyle(pre);
    const probe = pre.appendChild(document.createElement('span'));
    probe.textContent = '0'.repeat(50);
    probe.style.whiteSpace = 'pre';
    const room = pre.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (pre.clientWidth) found.columns.push(Math.floor(50 * room / probe.getBoundingClientRect().width));
    probe.remove();
  }
  for (const cell of article.querySelectorAll('td, th')) {
    const style = getComputedStyle(cell);
    found.tight += Math.min(parseFloat(style.paddingLeft), parseFloat(style.paddingRight)) < PADDING;
  }
  found.bars = article.querySelectorAll('progress, [class*=progress-bar]').length;
  return found;
}""".replace('PADDING', str(PADDING))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def serve():
    server = ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}/'


def columns_of(name):
    "How many columns of code a page must hold"
    return 120 if re.match(r'\d\d_|cases/', name) else 88


def look(page, name):
    "What is wrong with the page that is open"
    wide = page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
    if wide > 0:
        yield f'{name}: is {wide} pixels wider than the screen'
    page.evaluate('for (const i of document.images) i.loading = "eager"')
    try:
        page.wait_for_function('[...document.images].every(i => i.complete)', timeout=20_000)
    except Exception:
        yield f'{name}: a picture never came'
    if broken := page.evaluate(
        '[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.getAttribute("src"))'
    ):
        yield f'{name}: broken pictures {broken}'


def look_at_desk(page, name):
    "What is wrong with the widths, tables and outputs of the page that is open"
    found = page.evaluate(measure)
    for words in found['scrolls']:
        yield f'{name}: scrolls sideways: {words}'
    if found['columns'] and min(found['columns']) < columns_of(name):
        yield f'{name}: has room for {min(found["columns"])} columns of code, not {columns_of(name)}'
    if found['tight']:
        yield f'{name}: {found["tight"]} cells of tables without padding'
    if found['bars']:
        yield f'{name}: {found["bars"]} progress bars'


def results(page, base, word):
    "Look for a word with the site's own search, as a reader would; gives the links in their order"
    page.goto(f'{base}search.html?q={word}')
    try:
        page.wait_for_selector('#search-results li a', timeout=20_000)
        page.wait_for_function('/found/.test(document.querySelector(".search-summary").innerText)', timeout=20_000)
    except Exception:
        return []
    return page.eval_on_selector_all('#search-results li > a', 'all => all.map(a => a.getAttribute("href"))')


def taught():
    "Pages of the lessons by the words of their titles and of the terms that they explain"
    pages = {}
    for path in sorted((site / 'course').glob('[0-9][0-9]_*.html')):
        html = path.read_text(encoding='utf-8')
        title = re.search(r'<h1>(.*?)<', html)[1]
        terms = re.findall(r'<dfn id="[^"]*"><a [^>]*>(.*?)</a>', html)
        code = ' lr_find' if html.count('lr_find') > 2 else ''
        pages[f'course/{path.name}'] = f'{title} {" ".join(terms)}{code}'.lower()
    return pages


def search(page, base, word):
    "What is wrong with what the search lists for a word"
    links = results(page, base, word)
    if not links:
        return [f'searching for "{word}" finds nothing']
    first = links[0].split('#')[0]
    teach = [name for name, words in taught().items() if word.lower() in words]
    if teach and not first.startswith('course/'):
        return [f'searching for "{word}" lists {first} before {", ".join(teach)}']
    return []


def listen(page, base, problems, elsewhere):
    "Note errors, answers that are none, and requests that leave this machine"

    def on_request(request):
        if not request.url.startswith((base, 'data:', 'blob:')):
            elsewhere.add(request.url)

    def on_response(response):
        if response.status >= 400:
            problems.append(f'{page.url} asks for {response.url}, which is not there')

    page.on('request', on_request)
    page.on('response', on_response)
    page.on('pageerror', lambda error: problems.append(f'{page.url}: {error}'))


def see(page, base, name, size, scheme):
    "Open a page and gather what is wrong with it"
    page.goto(base + name)
    theme = page.evaluate('document.documentElement.dataset.theme')
    if theme != scheme:
        yield f'{name}: is {theme} where {scheme} was asked for'
    yield from look(page, f'{name} ({size}, {scheme})')
    if size == 'desk' and scheme == 'light':
        yield from look_at_desk(page, name)


def main(chromium, shots, pattern):
    base, problems, elsewhere = serve(), [], set()
    pages = sorted(p.relative_to(site).as_posix() for p in site.rglob('*.html') if '_static' not in p.parts)
    pages = [name for name in pages if re.search(pattern, name)]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=flags)
        for size, (width, height) in sizes.items():
            for scheme in ('light', 'dark'):
                room = dict(width=width - SCROLLBAR * (size == 'desk'), height=height)
                context = browser.new_context(viewport=room, color_scheme=scheme)
                page = context.new_page()
                listen(page, base, problems, elsewhere)
                for name in pages:
                    problems += see(page, base, name, size, scheme)
                    if shots:
                        shot = Path(shots) / f'{name[:-5].replace("/", "-")}-{size}-{scheme}.png'
                        page.screenshot(path=str(shot), full_page=True)
                for word in words if scheme == 'light' else words[:1]:
                    problems += search(page, base, word)
                if shots:
                    page.screenshot(path=str(Path(shots) / f'found-{size}-{scheme}.png'))
                context.close()
        browser.close()
    problems += [f'a page asks for {url}' for url in sorted(elsewhere)]
    if problems:
        sys.exit('\n'.join([*dict.fromkeys(problems), f'{len(set(problems))} problem(s) seen in the browser']))
    print(
        f'{len(pages)} pages seen at {" and ".join(f"{w} px" for w, _ in sizes.values())}, light and dark: nothing'
        ' broken, nothing that scrolls sideways at 1280 px, nothing asked for beyond this machine'
    )


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--chromium', help="the browser's program; without it the one that Playwright knows")
    parser.add_argument('--shots', help='folder for a picture of every page')
    parser.add_argument('--pages', default='', help='only pages whose name holds this regular expression')
    args = parser.parse_args()
    if args.shots:
        Path(args.shots).mkdir(parents=True, exist_ok=True)
    main(args.chromium, args.shots, args.pages)
