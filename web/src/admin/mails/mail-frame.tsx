import { useLayoutEffect, useRef } from 'preact/hooks';

type MailFrameProps = { html: string; title: string };

/**
 * A mail as a mail program shows it. The frame runs no script, sends no form, opens no window; its
 * links lead nowhere.
 */
export function MailFrame({ html, title }: MailFrameProps) {
  const ref = useRef<HTMLIFrameElement>(null);
  const show = () => fill(ref.current, html);
  useLayoutEffect(show, [html]);
  // `allow-same-origin` lets this page fill it; what is in it can do nothing with that.
  return (
    <iframe ref={ref} class="mail-frame" title={title} sandbox="allow-same-origin" onLoad={show} />
  );
}

function fill(frame: HTMLIFrameElement | null, html: string): void {
  const page = frame?.contentDocument;
  if (!page?.body) return;
  // The page's policy, which the frame inherits, forbids inline styles. A script may set them.
  const mail = new DOMParser().parseFromString(
    html.replaceAll(' style="', ' data-style="'),
    'text/html',
  );
  for (const link of mail.querySelectorAll('a')) link.removeAttribute('href');
  page.documentElement.lang = mail.documentElement.lang;
  page.body.replaceWith(page.adoptNode(mail.body));
  for (const styled of page.querySelectorAll<HTMLElement>('[data-style]'))
    styled.style.cssText = styled.dataset.style ?? '';
  frame?.style.setProperty('height', `${page.body.offsetHeight}px`);
}
