/** The same as `lower(… COLLATE "C")` in the database: lower-cases A to Z only. */
export function foldCase(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
