"""Opens every page of the built site in Chromium: `python .ci/docs_browser.py [--chromium /usr/bin/chromium] [--shots
FOLDER]`.

It fails when a page asks for anything beyond this machine, logs an error, is wider than a telephone or shows a broken
picture, and when search finds nothing. Playwright drives the browser."""

import argparse, functools, sys, threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from playwright.sync_api import sync_playwright

site = Path(__file__).resolve().parents[1] / '_docs'
flags = (
    '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking'
    ' --disable-component-update --disable-sync'.split()
)
sizes = {'telephone': (390, 844), 'desk': (1280, 900)}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def serve():
    server = ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}/'


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


def search(page, base, word):
    "Look for a word with the site's own search, as a reader would"
    page.goto(f'{base}search.html?q={word}')
    try:
        page.wait_for_selector('#search-results li a', timeout=20_000)
    except Exception:
        return [f'searching for "{word}" finds nothing']
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


def main(chromium, shots):
    base, problems, elsewhere = serve(), [], set()
    pages = sorted(p.relative_to(site).as_posix() for p in site.rglob('*.html') if '_static' not in p.parts)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=flags)
        for size, (width, height) in sizes.items():
            for scheme in ('light', 'dark'):
                context = browser.new_context(viewport=dict(width=width, height=height), color_scheme=scheme)
                page = context.new_page()
                listen(page, base, problems, elsewhere)
                for name in pages:
                    page.goto(base + name)
                    theme = page.evaluate('document.documentElement.dataset.theme')
                    if theme != scheme:
                        problems.append(f'{name}: is {theme} where {scheme} was asked for')
                    problems += look(page, f'{name} ({size}, {scheme})')
                    if shots:
                        page.screenshot(
                            path=str(Path(shots) / f'{name[:-5].replace("/", "-")}-{size}-{scheme}.png'), full_page=True
                        )
                problems += search(page, base, 'calibration')
                if shots:
                    page.screenshot(path=str(Path(shots) / f'found-{size}-{scheme}.png'))
                context.close()
        browser.close()
    problems += [f'a page asks for {url}' for url in sorted(elsewhere)]
    if problems:
        sys.exit('\n'.join([*dict.fromkeys(problems), f'{len(set(problems))} problem(s) seen in the browser']))
    print(
        f'{len(pages)} pages seen at {" and ".join(f"{w} px" for w, _ in sizes.values())}, light and dark: nothing'
        ' broken, nothing asked for beyond this machine'
    )


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--chromium', help="the browser's program; without it the one that Playwright knows")
    parser.add_argument('--shots', help='folder for a picture of every page')
    args = parser.parse_args()
    if args.shots:
        Path(args.shots).mkdir(parents=True, exist_ok=True)
    main(args.chromium, args.shots)
