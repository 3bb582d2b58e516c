import type { CDPSession, Page } from 'playwright-core';

type Abilities = { isResident?: boolean; verifiesUsers?: boolean };

export type VirtualAuthenticator = {
  credentials(): Promise<Credential[]>;
  add(credential: Credential): Promise<void>;
  remove(): Promise<void>;
};

type Credential = { credentialId: string; signCount: number; isResidentCredential: boolean };

/** Chromium's own, through its debugger: the page cannot tell it from a real one. */
export async function addAuthenticator(
  page: Page,
  { isResident = true, verifiesUsers = true }: Abilities = {},
): Promise<VirtualAuthenticator> {
  const debug: CDPSession = await page.context().newCDPSession(page);
  await debug.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await debug.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: isResident,
      hasUserVerification: verifiesUsers,
      isUserVerified: verifiesUsers,
      automaticPresenceSimulation: true,
    },
  });
  return {
    credentials: async () =>
      (await debug.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    add: async (credential) =>
      void (await debug.send('WebAuthn.addCredential', {
        authenticatorId,
        credential: credential as never,
      })),
    remove: async () =>
      void (await debug.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })),
  };
}
