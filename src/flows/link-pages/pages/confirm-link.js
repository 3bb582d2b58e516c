import { busy, filled, leadOn, part, post, show, takeToken, words } from './link-token.js';

/**
 * A page with one button. Nothing happens before it is pressed: mail scanners follow links, and
 * some run the scripts of the page.
 * @param {string} path
 * @param {string} done
 */
export function confirmLink(path, done) {
  const token = takeToken();
  const advice = words.advice ?? '';
  if (token === null) {
    show(filled(words.noLink, { advice }), false);
    leadOn();
    return;
  }
  part('question').hidden = false;
  part('confirm').addEventListener('click', () => {
    void busy(part('confirm'), async () => {
      const answer = await post(path, { token });
      const isOver = answer.ok || answer.status === 400 || answer.status === 422;
      if (isOver) {
        part('question').hidden = true;
        leadOn();
      }
      if (answer.ok) show(done, true);
      else show(isOver ? filled(words.over, { advice }) : answer.problem, false);
    });
  });
}
