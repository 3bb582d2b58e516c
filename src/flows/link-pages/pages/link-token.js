/**
 * What the service wrote into the page: its words, in the reader's language, and its settings.
 * @typedef {{ words: Record<string, string | undefined>, language: string, project: string, strength: string | null, usernames: string, passwords: boolean }} Page
 */
export const { words, language, project, strength, usernames, passwords } = /** @type {Page} */ (
  JSON.parse(document.body.dataset.page ?? '{}')
);

/**
 * Takes the token of the link out of the address bar, so that it stays in no history and no
 * screenshot. Afterwards only the memory of this page holds it.
 * @returns {string | null}
 */
export function takeToken() {
  const { hash, search, pathname } = window.location;
  const token =
    new URLSearchParams(hash.slice(1)).get('token') ?? new URLSearchParams(search).get('token');
  window.history.replaceState(null, '', pathname);
  return token;
}

/**
 * @typedef {{ email?: string, details?: { errors?: Answer['faults'] } }} Body
 * @typedef {{ ok: boolean, status: number, problem: string, email: string, faults: { field: string, type: string }[] }} Answer
 * @param {string} path
 * @param {object} body
 * @param {Record<string, string>} [headers]
 * @returns {Promise<Answer>}
 */
export async function post(path, body, headers = {}) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const { ok, status } = response;
    const { email = '', details = {} } = /** @type {Body} */ (await response.json());
    return { ok, status, problem: problemOf(response), email, faults: details.errors ?? [] };
  } catch {
    return { ok: false, status: 0, problem: words.unreachable ?? '', email: '', faults: [] };
  }
}

/** @param {Response} response */
function problemOf({ status, headers }) {
  const reasons = { 429: words.tooMany, 503: words.busy };
  const reason = reasons[/** @type {429} */ (status)];
  if (reason === undefined) return words.unexpected ?? '';
  const wait = Number(headers.get('retry-after') ?? '0');
  return wait > 0 ? `${reason} ${filled(words.again, { wait: inWords(wait) })}` : reason;
}

/**
 * Shows a result in the live region that screen readers announce.
 * @param {string} message
 * @param {boolean} good
 */
export function show(message, good) {
  const result = part('result');
  result.className = `result ${good ? 'good' : 'bad'}`;
  result.textContent = message;
}

/** Where one may go on with what the link has done. */
export function leadOn() {
  part('on').hidden = false;
}

/** @param {string} title */
export function retitle(title) {
  part('title').textContent = title;
  document.title = `${title} – ${project}`;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function part(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no ${id}`);
  return element;
}

/**
 * @param {string | undefined} text
 * @param {Record<string, string>} values
 */
export function filled(text = '', values = {}) {
  return text.replaceAll(/\{(\w+)\}/g, (_all, /** @type {string} */ name) => values[name] ?? '');
}

/**
 * Disables the button while its work runs, so that it runs only once at a time.
 * @param {HTMLElement} button
 * @param {() => Promise<void>} work
 */
export async function busy(button, work) {
  button.toggleAttribute('disabled', true);
  try {
    await work();
  } finally {
    button.toggleAttribute('disabled', false);
  }
}

/** @param {number} seconds */
function inWords(seconds) {
  const [unit, value] = seconds < 90 ? ['second', seconds] : ['minute', Math.ceil(seconds / 60)];
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' });
  return format.format(value);
}
