import { busy, offerSignIn, part, post, show, takeToken } from './link-token.js';

/**
 * A page with one button. Nothing happens before it is pressed: mail scanners follow links, and
 * some run the scripts of the page.
 * @param {string} path
 * @param {string} advice
 */
export function confirmLink(path, advice) {
  const token = takeToken();
  if (token === null) {
    show(`Open this page with the link in a mail. ${advice}`, false);
    return;
  }
  part('question').hidden = false;
  part('confirm').addEventListener('click', () => {
    void busy(part('confirm'), async () => {
      const answer = await post(path, { token });
      const isOver = answer.ok || answer.status === 400 || answer.status === 422;
      if (isOver) part('question').hidden = true;
      if (answer.ok) {
        show(`${answer.message}.`, true);
        offerSignIn();
      } else
        show(isOver ? `This link is invalid or has expired. ${advice}` : answer.message, false);
    });
  });
}
