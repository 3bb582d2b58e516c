import {
  busy,
  filled,
  leadOn,
  part,
  passwords,
  post,
  retitle,
  show,
  takeToken,
  usernames,
  words,
} from './link-token.js';
import { passwordFault, showFault, watchPassword } from './password-input.js';

const token = takeToken();
const form = part('accept');
const addressInput = /** @type {HTMLInputElement} */ (part('address'));
const usernameInput = /** @type {HTMLInputElement} */ (part('username'));
const passwordInput = /** @type {HTMLInputElement} */ (part('password'));

if (token === null) refuse(words.noLink);
else void open();

watchPassword(passwordInput, () => [usernameInput.value, addressInput.value]);

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void busy(part('submit-accept'), accept);
});

/** Says whom the invitation is for, and whether it is too late. */
async function open() {
  const answer = await post('/api/users/invitation/check', { token });
  if (answer.status === 400) return refuse(words.over);
  if (!answer.ok) return show(answer.problem, false);
  addressInput.value = answer.email;
  part('account').textContent = filled(words.account, { email: answer.email });
  part('password-part').hidden = !passwords;
  if (usernames === 'optional') usernameInput.required = false;
  form.hidden = false;
  usernameInput.focus();
}

async function accept() {
  showFault(passwordInput, 'password-fault', '');
  showFault(usernameInput, 'username-fault', '');
  show('', true);
  const chosen = { username: usernameInput.value.trim() };
  const password = passwords ? { password: passwordInput.value } : {};
  const answer = await post(
    '/api/users/invitation/accept',
    { token, ...chosen, ...password },
    inCookie,
  );
  if (answer.ok) return finish();
  if (answer.status === 409) return showFault(usernameInput, 'username-fault', words.taken ?? '');
  const ofPassword = answer.faults.find(({ field }) => field === 'password');
  const ofName = answer.faults.find(({ field }) => field === 'username');
  if (ofPassword) showFault(passwordInput, 'password-fault', passwordFault(ofPassword.type));
  if (ofName) showFault(usernameInput, 'username-fault', words.usernameFault ?? '');
  if (ofPassword || ofName) return;
  if (answer.status === 400 || answer.status === 422) return refuse(words.over);
  show(answer.problem, false);
}

// The session that this opens is in a cookie, which no script can read.
const inCookie = { 'x-session-mode': 'cookie' };

function finish() {
  passwordInput.value = '';
  form.hidden = true;
  retitle(words.doneTitle ?? '');
  show(words.done ?? '', true);
  toAccount();
  leadOn();
}

/** Where the pages have been built they find the session by this mark of theirs. */
function toAccount() {
  const link = part('on').querySelector('a[href="/app/sign-in"]');
  if (link === null) return;
  try {
    localStorage.setItem('adl:user', 'signed in');
  } catch {
    // Without storage they ask for a sign-in.
    return;
  }
  link.setAttribute('href', '/app');
  link.textContent = words.toAccount ?? '';
}

/** @param {string | undefined} message */
function refuse(message) {
  form.hidden = true;
  show(filled(message, { advice: words.advice ?? '' }), false);
  leadOn();
}
