type Listener = (realm: 'user' | 'admin') => void;

const listeners = new Set<Listener>();

/** Called by the client when a session is over, here or in another tab. */
export function sessionEnded(realm: 'user' | 'admin'): void {
  for (const listener of listeners) listener(realm);
}

export function onSessionEnd(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let isDeliberate = false;

/** Signing out leaves the page; nothing has to lead to the sign-in or ask for the password. */
export function endDeliberately(): void {
  isDeliberate = true;
}

export function isEndDeliberate(): boolean {
  return isDeliberate;
}
