import { busy, filled, leadOn, part, post, retitle, show, takeToken, words } from './link-token.js';
import { passwordFault, showFault, watchPassword } from './password-input.js';

const token = takeToken();
const resetForm = part('reset');
const forgotForm = part('forgot');
const passwordInput = /** @type {HTMLInputElement} */ (part('new-password'));
const emailInput = /** @type {HTMLInputElement} */ (part('email'));
const usernameInput = /** @type {HTMLInputElement} */ (part('username'));

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

watchPassword(passwordInput, () => [usernameInput.value]);

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
    showFault(passwordInput, 'password-fault', passwordFault(fault.type));
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
