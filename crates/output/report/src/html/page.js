(() => {
  'use strict';
  const root = document.documentElement, $ = id => document.getElementById(id);
  const theme = $('theme');
  const dark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  const name = () => { theme.textContent = dark() ? 'Light' : 'Dark'; theme.setAttribute('aria-label', 'Switch to ' + theme.textContent.toLowerCase() + ' colours'); };
  theme.hidden = false;
  theme.onclick = () => { root.dataset.theme = dark() ? 'light' : 'dark'; name(); };
  name();

  const tools = document.querySelector('.tools');
  addEventListener('beforeprint', () => document.querySelectorAll('details.g').forEach(d => { d.dataset.was = d.open; d.open = true; }));
  addEventListener('afterprint', () => document.querySelectorAll('details.g').forEach(d => { d.open = d.dataset.was === 'true'; }));
  if (!tools) return;
  tools.hidden = false;
  tools.onsubmit = event => event.preventDefault();

  const query = $('q'), fixable = $('fixable'), shown = $('shown'), none = $('none');
  const buttons = [...tools.querySelectorAll('[data-sev]')];
  const groups = [...document.querySelectorAll('details.g[data-sev]')].map(element => ({
    element, severity: element.dataset.sev, number: element.querySelector('summary .n'),
    words: element.querySelector('summary .t').textContent.toLowerCase(), wasOpen: element.open, items: null,
  }));
  const itemsOf = group => group.items ??= [...group.element.querySelectorAll('.f')].map(element => ({
    element, fix: 'fix' in element.dataset,
    words: group.words + ' ' + element.children[0].textContent.toLowerCase() + ' ' + element.children[1].textContent.toLowerCase(),
  }));
  const total = groups.reduce((sum, group) => sum + Number(group.number.textContent), 0);
  let searching = false;
  const filter = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = new Set(buttons.filter(b => b.getAttribute('aria-pressed') === 'true').map(b => b.dataset.sev));
    const only = fixable?.checked ?? false;
    let sum = 0;
    const hits = [];
    for (const group of groups) {
      let here = 0;
      if (severities.has(group.severity)) {
        for (const item of itemsOf(group)) {
          const hit = (!only || item.fix) && words.every(word => item.words.includes(word));
          if (item.element.hidden === hit) item.element.hidden = !hit;
          here += hit;
        }
      }
      group.element.hidden = here === 0;
      group.number.textContent = here;
      sum += here;
      if (here) hits.push(group);
    }
    // What is searched for should be seen: unfold while few groups match, and fold again afterwards.
    if (words.length && !searching) groups.forEach(group => { group.wasOpen = group.element.open; });
    if (words.length) { if (sum <= 50) hits.forEach(group => { group.element.open = true; }); }
    else if (searching) groups.forEach(group => { group.element.open = group.wasOpen; });
    searching = words.length > 0;
    shown.textContent = sum === total ? total + (total === 1 ? ' finding' : ' findings') : sum + ' of ' + total + ' findings';
    none.hidden = sum > 0;
  };
  let waiting = 0;
  query.oninput = () => { clearTimeout(waiting); waiting = setTimeout(filter, total > 2000 ? 150 : 0); };
  if (fixable) fixable.onchange = filter;
  buttons.forEach(button => { button.onclick = () => {
    button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true');
    filter();
  }; });
  const fold = open => () => groups.forEach(group => { if (!group.element.hidden) group.element.open = open; });
  $('open').onclick = fold(true);
  $('shut').onclick = fold(false);
  addEventListener('keydown', event => {
    const typing = /^(input|textarea|select)$/i.test(event.target.tagName);
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); query.focus(); }
    if (event.key === 'Escape' && event.target === query && query.value) { query.value = ''; filter(); }
  });
  shown.textContent = total + (total === 1 ? ' finding' : ' findings');
})();
