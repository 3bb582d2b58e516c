/** One or two letters that stand for a person. */
export function initialsOf({ full_name, username, email }: Named): string {
  const words = (full_name ?? username ?? email).split(/[\s._@-]+/).filter(Boolean);
  const [first = '', second = ''] = words;
  return `${firstLetter(first)}${full_name === null ? '' : firstLetter(second)}`.toUpperCase();
}

type Named = { full_name: string | null; username: string | null; email: string };

function firstLetter(word: string): string {
  return [...word][0] ?? '';
}
