/** A value, or why there is none. `isLast`: nothing after it can be read. */
export type FileRecord = { line: number; lastLine: number } & (
  | { value: unknown }
  | { fault: string; isLast?: boolean }
);

/** More than any record of an account needs; a file without line ends must not fill the memory. */
export const longestRecord = 64 * 1024;
