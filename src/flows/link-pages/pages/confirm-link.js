import { busy, part, post, show, takeToken } from './link-token.js';

/**
 * A page with one button. Nothing happens before it is pressed: programs that look into mails follow links, and some
 * run the scripts they find.
 * @param {string} path
 * @param {string} advice
 */
export function confirmLink(path, advice) {
  const token = takeToken();
  if (token === null) {
    show(`This page is opened by a link in a mail. ${advice}`, false);
    return;
  }
  part('question').hidden = false;
  part('confirm').addEventListener('click', () => {
    void busy(part('confirm'), async () => {
      const answer = await post(path, { token });
      const isOver = answer.ok || answer.status === 400 || answer.status === 422;
      if (isOver) part('question').hidden = true;
      if (answer.ok) show(`${answer.message}.`, true);
      else show(isOver ? `This link is not valid, or no longer valid. ${advice}` : answer.message, false);
    });
  });
}
