import { addCopyButton } from './copy-code.js';

// The page works without this script. It closes the contents after a jump, highlights the current
// section and copies code.
const contents = /** @type {HTMLElement} */ (document.getElementById('contents'));
const anchors = [...contents.querySelectorAll('a')].filter((link) => link.closest('li') !== null);
const links = new Map(anchors.map((link) => [link.hash.slice(1), link]));

contents.addEventListener('click', ({ target }) => {
  const link = /** @type {Element} */ (target).closest('a');
  if (link !== null && contents.matches(':popover-open')) contents.hidePopover();
});

/** @param {string} id */
function mark(id) {
  const link = links.get(id);
  if (link === undefined || link.hasAttribute('aria-current')) return;
  for (const other of anchors) other.removeAttribute('aria-current');
  link.setAttribute('aria-current', 'true');
  const { scrollTop, clientHeight } = contents;
  const isSeen = link.offsetTop > scrollTop && link.offsetTop < scrollTop + clientHeight - 60;
  if (!isSeen) contents.scrollTop = link.offsetTop - clientHeight / 3;
}

// The current section is the one that crosses a line near the top.
const observer = new IntersectionObserver(
  (entries) => {
    const entered = entries.filter(({ isIntersecting }) => isIntersecting).at(-1);
    if (entered) mark(entered.target.id);
  },
  { rootMargin: '-15% 0px -84% 0px' },
);
for (const id of links.keys()) {
  const section = document.getElementById(id);
  if (section) observer.observe(section);
}

for (const figure of document.querySelectorAll('figure.code')) addCopyButton(figure);
