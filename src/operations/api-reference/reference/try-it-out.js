// Sends the forms of the operations. Access tokens are kept for this tab only: a copy of the
// storage, and any other tab, has none.
import { addCopyButton } from './copy-code.js';

const longestShown = 100_000;
const shownHeaders = ['etag', 'retry-after', 'idempotency-replayed', 'x-request-id'];
const forms = /** @type {HTMLFormElement[]} */ ([...document.querySelectorAll('.try form')]);
const tokenInputs = /** @type {HTMLInputElement[]} */ ([
  ...document.querySelectorAll('[data-token]'),
]);

for (const form of forms) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('[type=submit]'));
  button.disabled = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    button.disabled = true;
    void send(form).finally(() => {
      button.disabled = false;
    });
  });
}

for (const input of tokenInputs) {
  const scheme = input.dataset.token ?? '';
  input.value = sessionStorage.getItem(keyOf(scheme)) ?? '';
  input.addEventListener('input', () => keepToken(scheme, input.value.trim(), input));
}

/** @param {HTMLFormElement} form */
async function send(form) {
  const { address, options } = requestOf(form);
  const started = performance.now();
  try {
    const response = await fetch(address, options);
    const text = await response.text();
    const duration = Math.round(performance.now() - started);
    show(form, `${response.status} ${response.statusText} · ${duration} ms`, [
      ...headersOf(response),
      readable(text),
    ]);
    if (response.ok) takeToken(form, text);
  } catch (error) {
    show(form, 'No answer', [String(error)]);
  }
}

/**
 * What is entered, without what is empty.
 * @param {HTMLFormElement} form
 */
function requestOf(form) {
  const { method = 'GET', path = '' } = form.dataset;
  const token = form.querySelector('[data-token]');
  const authorization = token instanceof HTMLInputElement && token.value.trim();
  const body = valuesOf(form, 'body')[0]?.[1];
  const inPath = new Map(valuesOf(form, 'path'));
  const query = new URLSearchParams(valuesOf(form, 'query'));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, /** @type {string} */ name) =>
    encodeURIComponent(inPath.get(name) ?? ''),
  );
  const headers = {
    ...(authorization && { authorization: `Bearer ${authorization}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...Object.fromEntries(valuesOf(form, 'header')),
  };
  return {
    address: query.size > 0 ? `${filled}?${query.toString()}` : filled,
    options: { method, headers, ...(body !== undefined && { body }) },
  };
}

/**
 * @param {HTMLFormElement} form
 * @param {string} place
 * @returns {[string, string][]}
 */
function valuesOf(form, place) {
  const inputs = /** @type {HTMLInputElement[]} */ ([
    ...form.querySelectorAll(`[data-in="${place}"]`),
  ]);
  return inputs
    .map(({ name, value }) => /** @type {[string, string]} */ ([name, value.trim()]))
    .filter(([, value]) => value !== '');
}

/** @param {Response} response */
function headersOf({ headers }) {
  const shown = shownHeaders.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [`${name}: ${value}`];
  });
  return shown.length === 0 ? [] : [`${shown.join('\n')}\n`];
}

/** @param {string} text */
function readable(text) {
  const whole = indented(text);
  return whole.length > longestShown ? `${whole.slice(0, longestShown)}\n…` : whole;
}

/** @param {string} text */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {string} title
 * @param {string[]} parts
 */
function show(form, title, parts) {
  const figure = document.createElement('figure');
  figure.className = 'code';
  const caption = document.createElement('figcaption');
  caption.textContent = title;
  const block = document.createElement('pre');
  block.tabIndex = 0;
  block.role = 'group';
  block.ariaLabel = 'Answer';
  const code = document.createElement('code');
  code.textContent = parts.filter(Boolean).join('\n');
  block.append(code);
  figure.append(caption, block);
  addCopyButton(figure);
  form.querySelector('.result')?.replaceChildren(figure);
}

/**
 * A sign-in or a refresh: its token is used from now on.
 * @param {HTMLFormElement} form
 * @param {string} text
 */
function takeToken(form, text) {
  if (!/\/(login|refresh)$/.test(form.dataset.path ?? '')) return;
  const { access_token: token = '' } = /** @type {{ access_token?: string }} */ (JSON.parse(text));
  const scheme = form.dataset.path?.startsWith('/api/admins/') ? 'adminToken' : 'userToken';
  if (token !== '') keepToken(scheme, token);
}

/**
 * @param {string} scheme
 * @param {string} token
 * @param {HTMLInputElement} [except]
 */
function keepToken(scheme, token, except) {
  sessionStorage.setItem(keyOf(scheme), token);
  for (const input of tokenInputs)
    if (input.dataset.token === scheme && input !== except) input.value = token;
}

/** @param {string} scheme */
function keyOf(scheme) {
  return `adl:docs:${scheme}`;
}
