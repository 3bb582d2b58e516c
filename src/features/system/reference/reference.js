// The page reads without this: it closes the contents after a jump, marks where the reader is, and copies code.
const contents = document.getElementById('contents');
const links = new Map([...contents.querySelectorAll('li a')].map((link) => [link.hash.slice(1), link]));

contents.addEventListener('click', ({ target }) => {
  if (target.closest('a') && contents.matches(':popover-open')) contents.hidePopover();
});

function mark(id) {
  for (const [key, link] of links) {
    if (key !== id) link.removeAttribute('aria-current');
    else if (!link.hasAttribute('aria-current')) {
      link.setAttribute('aria-current', 'true');
      const above = link.offsetTop < contents.scrollTop;
      if (above || link.offsetTop > contents.scrollTop + contents.clientHeight - 60) {
        contents.scrollTop = link.offsetTop - contents.clientHeight / 3;
      }
    }
  }
}

// The section that crosses a line near the top is the one that is read.
const observer = new IntersectionObserver(
  (entries) => {
    const entered = entries.filter((entry) => entry.isIntersecting).at(-1);
    if (entered) mark(entered.target.id);
  },
  { rootMargin: '-15% 0px -84% 0px' },
);
for (const id of links.keys()) observer.observe(document.getElementById(id));

if (navigator.clipboard) {
  for (const figure of document.querySelectorAll('figure.code')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.ariaLabel = `Copy: ${figure.querySelector('figcaption').textContent}`;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(figure.querySelector('code').textContent);
      button.textContent = 'Copied';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 1500);
    });
    figure.append(button);
  }
}
