import { language, part, project, strength, words } from './link-token.js';

/**
 * @typedef {(password: string, language: string, others: string[]) => { score: number, words: string }} DescribeStrength
 */

/**
 * Lets people see what they type, and says how good it is.
 * @param {HTMLInputElement} input
 * @param {() => string[]} others What the password must not be close to.
 */
export function watchPassword(input, others) {
  const short = part('strength').textContent ?? '';
  input.addEventListener('input', () => void measure(input, short, others()));
  part('reveal').addEventListener('click', () => {
    const shown = input.type === 'text';
    input.type = shown ? 'password' : 'text';
    part('reveal').textContent = (shown ? words.show : words.hide) ?? '';
    part('reveal').setAttribute('aria-pressed', String(!shown));
  });
}

/**
 * The word lists are loaded with the first character, where the pages have been built.
 * @param {HTMLInputElement} input
 * @param {string} short
 * @param {string[]} others
 */
async function measure(input, short, others) {
  const password = input.value;
  if (strength === null) return;
  const { describeStrength } = /** @type {{ describeStrength: DescribeStrength }} */ (
    await import(strength)
  );
  // Somebody types on meanwhile.
  if (password !== input.value) return;
  const { score, words: said } =
    password === ''
      ? { score: 0, words: short }
      : describeStrength(password, language, [project, ...others]);
  part('meter').dataset.score = String(score);
  part('strength').textContent = said;
}

/**
 * The words for what is wrong with a password.
 * @param {string} type
 */
export function passwordFault(type) {
  return words[type] ?? words.password_refused ?? '';
}

/**
 * @param {HTMLInputElement} input
 * @param {string} place
 * @param {string} message
 */
export function showFault(input, place, message) {
  part(place).textContent = message;
  input.setAttribute('aria-invalid', String(message !== ''));
  if (message !== '') input.focus();
}
