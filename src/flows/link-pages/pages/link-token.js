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
 * @typedef {{ message?: string, details?: { errors?: Answer['faults'] } }} ErrorBody
 * @typedef {{ ok: boolean, status: number, message: string, faults: { field: string, message: string }[] }} Answer
 * @param {string} path
 * @param {object} body
 * @returns {Promise<Answer>}
 */
export async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { message = '', details = {} } = /** @type {ErrorBody} */ (await response.json());
    const wait = Number(response.headers.get('retry-after') ?? '0');
    return {
      ok: response.ok,
      status: response.status,
      message: wait > 0 ? `${message}. Try again in ${inWords(wait)}.` : message,
      faults: details.errors ?? [],
    };
  } catch {
    return {
      ok: false,
      status: 0,
      message: 'The service cannot be reached. Try again.',
      faults: [],
    };
  }
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
export function offerSignIn() {
  const link = document.getElementById('sign-in');
  if (link !== null) link.hidden = false;
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
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
