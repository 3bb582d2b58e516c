/**
 * Gives a block of code a button that copies it. The clipboard needs a secure context: https or
 * localhost.
 * @param {Element} figure
 */
export function addCopyButton(figure) {
  if (!window.isSecureContext) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.ariaLabel = `Copy: ${figure.querySelector('figcaption')?.textContent ?? ''}`;
  button.addEventListener(
    'click',
    () => void copy(button, figure.querySelector('code')?.textContent ?? ''),
  );
  figure.append(button);
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} code
 */
async function copy(button, code) {
  await navigator.clipboard.writeText(code);
  button.textContent = 'Copied';
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1500);
}
