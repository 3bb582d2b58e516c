import { useLocation } from 'preact-iso';

type Changes = Record<string, string | null>;

/**
 * What a list shows is in its address, so that it can be shared and the back button works. A change
 * of a filter begins at the first page.
 */
export function useAddressState() {
  const { path, query, route } = useLocation();
  const change = (changes: Changes, { replaces = false } = {}) => {
    const next = new URLSearchParams(query);
    if (!('cursor' in changes)) next.delete('cursor');
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === '') next.delete(name);
      else next.set(name, value);
    }
    const text = next.toString();
    route(text === '' ? path : `${path}?${text}`, replaces);
  };
  return { query, change };
}
