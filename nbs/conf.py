"""Sphinx's settings for the documentation site. `python .ci/docs.py` prepares the notebooks and calls Sphinx; nothing here is run by a notebook."""
import re
from configparser import ConfigParser
from pathlib import Path

here = Path(__file__).resolve().parent
_ini = ConfigParser()
_ini.read(here.parent/'settings.ini', encoding='utf-8')
settings = _ini['DEFAULT']

project, author, copyright = settings['title'], settings['author'], settings['copyright']
release = version = settings['version']
language = 'en'
extensions = ['myst_nb', 'sphinx_copybutton', 'sphinx_design', 'sphinx.ext.githubpages']
exclude_patterns = ['**.ipynb_checkpoints']

nb_execution_mode = 'off'   # the kept outputs are what a reader sees
nb_ipywidgets_js = {}       # nothing is fetched from elsewhere
myst_enable_extensions = ['dollarmath', 'attrs_block', 'colon_fence', 'deflist']
myst_heading_anchors = 4
myst_dmath_allow_labels = False
suppress_warnings = ['ref.python']  # classes of the same name in two rooms, such as Finding and Plan
add_module_names = False
python_maximum_signature_line_length = 88
copybutton_prompt_text = '$ '

html_theme = 'sphinx_book_theme'
html_title = project
html_baseurl = settings['doc_host'] + settings['doc_baseurl'] + '/'
html_static_path = [str(here/'_static')]
html_css_files = ['site.css']
html_favicon = str(here/'_static'/'icon.svg')
html_copy_source = html_show_sourcelink = False   # each page offers its own notebook instead
html_use_index = False                            # the page of all names is the index
html_context = {'default_mode': 'auto'}
html_theme_options = {
    'repository_url': settings['git_url'], 'repository_branch': settings['branch'], 'use_repository_button': True, 'use_issues_button': True,
    'use_download_button': False, 'home_page_in_toc': True, 'show_navbar_depth': 1, 'show_toc_level': 2,
    'navbar_persistent': [],   # the search in the sidebar is enough
    'extra_footer': 'For learning and research. Not a medical device.',
}

def formula(self, node, block):
    "A formula as MathML, which browsers show without a script or a font from elsewhere"
    from docutils.nodes import SkipNode
    from latex2mathml.converter import convert
    html = convert(node.astext(), display='block' if block else 'inline')
    html = re.sub(r'<msup>(<mi>[^<]*</mi>)<mi>(&#x02032;)</mi></msup>', r'<mrow>\1<mi>\2</mi></mrow>', html)   # this sign for a prime stands high by itself
    self.body.append(f'<div class="math">{html}</div>\n' if block else html)
    raise SkipNode

def formula_in_text(self, node): formula(self, node, False)
def formula_on_its_own(self, node): formula(self, node, True)

def describe(app, pagename, templatename, context, doctree):
    "The sentence below a page's title is what a search engine shows; code of the library needs more width"
    from html import escape
    if re.match(r'\d\d_|cases/|course/solutions/\d', pagename):
        app.add_css_file('library.css', priority=900)
    if text := (context.get('meta') or {}).get('description'):
        context['metatags'] = context.get('metatags', '') + f'<meta name="description" content="{escape(text)}">\n'

def setup(app):
    app.add_html_math_renderer('mathml', (formula_in_text, None), (formula_on_its_own, None))
    app.connect('html-page-context', describe)

html_math_renderer = 'mathml'
