/* Search by relevance: lessons before the library, titles before text, pages that speak of the words often before those
   that mention them. Sphinx finds, this orders. PAGES is written above by .ci/docs.py. */
{
  const ofLesson = doc => /^course\/\d\d/.test(doc);
  const seldomMeant = /^(changelog|contributing|reference|course\/solutions\/|library|90_)/;

  function relevance(doc, stems) {
    const weights = PAGES.weights[doc] || {};
    const title = new Set(PAGES.titles[doc] || []);
    let score = 0;
    for (const stem of stems) {
      score += (weights[stem] || 0) / stems.length;
      if (title.has(stem)) score += 60 / stems.length;
    }
    if (ofLesson(doc)) score *= 1.6;
    return seldomMeant.test(doc) ? score * .3 : score;
  }

  const found = Search._performSearch;
  Search._performSearch = (query, terms, ...more) => {
    const asked = query.toLowerCase().trim();
    const stems = [...terms];
    const best = new Map();   // one line for a page, one for a name, one for a heading of a lesson
    for (const result of found(query, terms, ...more)) {
      let [doc, title, anchor, , , , kind] = result;
      if (kind === 'object') {
        const last = title.split('.').pop().toLowerCase();
        if (!last.includes(asked.replace(/\(.*$/, ''))) continue;   // a name counts, the module around it doesn't
        const whole = title.toLowerCase();
        const exact = last === asked || whole === asked || whole.endsWith('.' + asked);
        const isMethod = /[A-Z]\w*\.\w+$/.test(title);
      result[4] = (!exact ? 5 : isMethod ? 50 : 115) + relevance(doc, stems) / 10;
      } else {
        const isHeading = title.includes(' > ');
        if (!isHeading) result[2] = anchor = '';
        result[4] = relevance(doc, stems) * (isHeading ? .75 : 1);
        if (isHeading && !ofLesson(doc)) result[4] /= 3;
      }
      const key = doc + anchor;
      if (!best.has(key) || best.get(key)[4] < result[4]) best.set(key, result);
    }
    return [...best.values()].sort((a, b) => a[4] - b[4] || b[1].localeCompare(a[1]));   // shown from the end
  };

  // The lines below a result: from the text of the page, not from its menus
  const whole = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const article = new DOMParser().parseFromString(html, 'text/html').querySelector('article.bd-article');
    if (!article || anchor) return whole(html, anchor);
    article.querySelectorAll('.headerlink, script, style, .page-links, .kicker, h1, details').forEach(e => e.remove());
    return article.textContent.replace(/\s+/g, ' ');
  };
}
