import { busy, offerSignIn, part, post, show, takeToken } from './link-token.js';

const token = takeToken();
const resetForm = part('reset');
const forgotForm = part('forgot');
const passwordInput = /** @type {HTMLInputElement} */ (part('new-password'));
const emailInput = /** @type {HTMLInputElement} */ (part('email'));

if (token === null) offerLink();
else {
  resetForm.hidden = false;
  passwordInput.focus();
}

resetForm.addEventListener('submit', (event) => {
  event.preventDefault();
  void busy(part('submit-reset'), setPassword);
});

forgotForm.addEventListener('submit', (event) => {
  event.preventDefault();
  void busy(part('submit-forgot'), askForLink);
});

part('reveal').addEventListener('click', () => {
  const shown = passwordInput.type === 'text';
  passwordInput.type = shown ? 'password' : 'text';
  part('reveal').textContent = shown ? 'Show' : 'Hide';
  part('reveal').setAttribute('aria-pressed', String(!shown));
});

async function setPassword() {
  showFault(passwordInput, 'password-fault', '');
  show('', true);
  const answer = await post('/api/password/reset-password', {
    token,
    new_password: passwordInput.value,
  });
  if (answer.status === 422) {
    const faults = answer.faults.filter(({ field }) => field === 'new_password');
    if (faults.length > 0) {
      showFault(
        passwordInput,
        'password-fault',
        `It ${faults.map(({ message }) => message).join(', and ')}.`,
      );
      return;
    }
  }
  if (answer.ok) {
    passwordInput.value = '';
    resetForm.hidden = true;
    part('title').textContent = 'Your password is set';
    show('You can now sign in with the new password. Every device has been signed out.', true);
    offerSignIn();
    return;
  }
  if (answer.status === 400 || answer.status === 422) {
    resetForm.hidden = true;
    offerLink();
    show('This link is invalid or has expired.', false);
    return;
  }
  show(answer.message, false);
}

async function askForLink() {
  showFault(emailInput, 'email-fault', '');
  const answer = await post('/api/password/forgot-password', { email: emailInput.value.trim() });
  if (answer.status === 422) {
    showFault(emailInput, 'email-fault', 'Enter one plain email address.');
    return;
  }
  if (answer.ok) forgotForm.hidden = true;
  show(answer.ok ? `${answer.message}.` : answer.message, answer.ok);
}

function offerLink() {
  forgotForm.hidden = false;
  emailInput.focus();
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
