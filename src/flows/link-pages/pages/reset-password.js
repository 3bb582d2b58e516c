import {
  busy,
  filled,
  language,
  leadOn,
  part,
  post,
  project,
  retitle,
  show,
  strength,
  takeToken,
  words,
} from './link-token.js';

const token = takeToken();
const resetForm = part('reset');
const forgotForm = part('forgot');
const passwordInput = /** @type {HTMLInputElement} */ (part('new-password'));
const emailInput = /** @type {HTMLInputElement} */ (part('email'));
const usernameInput = /** @type {HTMLInputElement} */ (part('username'));
const short = part('strength').textContent ?? '';

if (token === null) offerLink();
else {
  resetForm.hidden = false;
  passwordInput.focus();
  void nameAccount();
}

resetForm.addEventListener('submit', (event) => {
  event.preventDefault();
  void busy(part('submit-reset'), setPassword);
});

forgotForm.addEventListener('submit', (event) => {
  event.preventDefault();
  void busy(part('submit-forgot'), askForLink);
});

passwordInput.addEventListener('input', () => void measure());

part('reveal').addEventListener('click', () => {
  const shown = passwordInput.type === 'text';
  passwordInput.type = shown ? 'password' : 'text';
  part('reveal').textContent = (shown ? words.show : words.hide) ?? '';
  part('reveal').setAttribute('aria-pressed', String(!shown));
});

/** Says whose password it is, to the reader and to a password store, and whether it is too late. */
async function nameAccount() {
  const answer = await post('/api/password/check-reset-token', { token });
  if (answer.status === 400) return refuseLink();
  if (!answer.ok) return;
  usernameInput.value = answer.email;
  part('account').textContent = filled(words.account, { email: answer.email });
}

async function setPassword() {
  showFault(passwordInput, 'password-fault', '');
  show('', true);
  const answer = await post('/api/password/reset-password', {
    token,
    new_password: passwordInput.value,
  });
  const fault = answer.faults.find(({ field }) => field === 'new_password');
  if (fault !== undefined) {
    const message = words[fault.type] ?? words.password_refused ?? '';
    showFault(passwordInput, 'password-fault', message);
    return;
  }
  if (answer.ok) {
    passwordInput.value = '';
    resetForm.hidden = true;
    retitle(words.doneTitle ?? '');
    show(words.done ?? '', true);
    leadOn();
    return;
  }
  if (answer.status === 400 || answer.status === 422) return refuseLink();
  show(answer.problem, false);
}

function refuseLink() {
  resetForm.hidden = true;
  offerLink();
  show(words.over ?? '', false);
}

async function askForLink() {
  showFault(emailInput, 'email-fault', '');
  const answer = await post('/api/password/forgot-password', { email: emailInput.value.trim() });
  if (answer.status === 422) {
    showFault(emailInput, 'email-fault', words.emailFault ?? '');
    return;
  }
  if (answer.ok) {
    forgotForm.hidden = true;
    leadOn();
  }
  show((answer.ok ? words.sent : answer.problem) ?? '', answer.ok);
}

function offerLink() {
  forgotForm.hidden = false;
  emailInput.focus();
}

/**
 * @typedef {(password: string, language: string, others: string[]) => { score: number, words: string }} DescribeStrength
 */

/** The word lists are loaded with the first character, where the pages have been built. */
async function measure() {
  const password = passwordInput.value;
  if (strength === null) return;
  const { describeStrength } = /** @type {{ describeStrength: DescribeStrength }} */ (
    await import(strength)
  );
  // Somebody types on meanwhile.
  if (password !== passwordInput.value) return;
  const others = [project, usernameInput.value];
  const { score, words: said } =
    password === '' ? { score: 0, words: short } : describeStrength(password, language, others);
  part('meter').dataset.score = String(score);
  part('strength').textContent = said;
}

/**
 * @param {HTMLInputElement} input
 * @param {string} place
 * @param {string} message
 */
function showFault(input, place, message) {
  part(place).textContent = message;
  input.setAttribute('aria-invalid', String(message !== ''));
  if (message !== '') input.focus();
}
