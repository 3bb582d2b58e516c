import { randomBytes } from 'node:crypto';
import { delimiter, join } from 'node:path';
import { findFreePort } from '../free-port.ts';

/** One for all servers of a test: the keys in a database need it. */
const secretKey = randomBytes(48).toString('base64');
const pinnedDirectory = join(import.meta.dirname, '../../node_modules/.bin');

/**
 * Nothing of this process's own environment except PATH and HOME, so that no test depends on its
 * caller.
 */
export async function createServerEnvironment(
  directory: string,
  given: Record<string, string | undefined>,
): Promise<Record<string, string>> {
  const port = given.PORT ?? String(await findFreePort());
  const environment = {
    PATH: [pinnedDirectory, process.env.PATH].join(delimiter),
    HOME: process.env.HOME,
    ENVIRONMENT: 'test',
    BCRYPT_ROUNDS: '4',
    SECRET_KEY: secretKey,
    DATA_DIR: join(directory, 'data'),
    PORT: port,
    // Of a second server with these variables, too: it takes the tokens of the first.
    PUBLIC_URL: `http://localhost:${port}`,
    ...given,
  };
  const set = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(set);
}
