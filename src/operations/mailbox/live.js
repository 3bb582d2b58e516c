// New mails appear at the top by themselves; what is open stays open.
const pauseMilliseconds = 2000;

async function look() {
  if (document.visibilityState === 'hidden') return;
  const response = await fetch(window.location.pathname, { cache: 'no-store' });
  if (!response.ok) return;
  const newest = new DOMParser().parseFromString(await response.text(), 'text/html');
  const list = document.getElementById('mails');
  const arrived = [...newest.querySelectorAll('article')].filter(
    ({ id }) => !document.getElementById(id),
  );
  if (list === null || arrived.length === 0) return;
  document.getElementById('none')?.remove();
  list.prepend(...arrived);
}

setInterval(() => void look().catch(() => undefined), pauseMilliseconds);
