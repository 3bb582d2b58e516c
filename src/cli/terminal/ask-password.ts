import { isCancel, password } from '@clack/prompts';

/** The prompt was left with Ctrl-C or Escape. */
export class PromptLeftError extends Error {}

const longestPassword = 4096;

/**
 * A password that stands in no argument, which the list of processes shows, and in no history:
 * typed twice without an echo, or the first line of standard input where that is no terminal.
 */
export async function askPassword(): Promise<string> {
  if (!process.stdin.isTTY) return readFirstLine(process.stdin);
  for (;;) {
    const first = await prompt('Password');
    if (first === (await prompt('The same again'))) return first;
    process.stderr.write('The two differ; try again.\n');
  }
}

async function prompt(message: string): Promise<string> {
  const answer = await password({ message, output: process.stderr });
  if (isCancel(answer)) throw new PromptLeftError();
  return answer;
}

async function readFirstLine(input: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (chunk.includes(0x0a) || length > longestPassword) break;
  }
  const [line = ''] = Buffer.concat(chunks).toString().split('\n', 1);
  return line.replace(/\r$/, '');
}
