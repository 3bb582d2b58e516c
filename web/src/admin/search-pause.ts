// Nobody types faster than that: each key searches, and ends the search of the one before.
const shortMilliseconds = 30;
const longMilliseconds = 150;
/** No index finds fewer letters: the service reads through the accounts. */
const indexedLetters = 3;

/** How long nothing has to be typed before it is searched for. */
export function pauseBefore(typed: string): number {
  const { length } = typed.trim();
  return length > 0 && length < indexedLetters ? longMilliseconds : shortMilliseconds;
}
