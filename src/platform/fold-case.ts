/** What `lower(… COLLATE "C")` does in the database: the letters A to Z, and no other. */
export function foldCase(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
