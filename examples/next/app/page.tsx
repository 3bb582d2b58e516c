import { requestAccount } from '../lib/request-account.ts';
import { Home } from './home.tsx';

/** Drawn on the server, signed in or not: nothing flashes and nothing is loaded twice. */
export default async function Page() {
  return <Home first={await requestAccount()} />;
}
