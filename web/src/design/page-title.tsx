import { useEffect } from 'preact/hooks';
import { settings } from '../session/settings.ts';

/** Names the page in the window's title, which screen readers read out after a change of page. */
export function PageTitle({ children: title }: { children: string }) {
  useEffect(() => {
    document.title = `${title} · ${settings.project_name}`;
  }, [title]);
  return null;
}
