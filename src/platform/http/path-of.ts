/** The path as sent by the caller, without the query string. */
export function pathOf(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? '';
}
