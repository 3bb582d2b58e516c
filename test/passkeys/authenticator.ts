import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign as signBytes,
  X509Certificate,
} from 'node:crypto';
import { type Cbor, cbor } from './cbor.ts';

/** COSE numbers of what the service takes, and of one that it does not (ES384). */
const keyMakers = {
  '-7': () => ecKey('P-256', 1, -7),
  '-8': () => okpKey(),
  '-257': () => rsaKey(),
  '-35': () => ecKey('P-384', 2, -35),
} as const;

type Key = { privateKey: KeyObject; cose: Buffer; hash: string | null; point?: Buffer };

export type Authenticator = ReturnType<typeof createAuthenticator>;

type CreationOptions = { challenge: string; rp: { id: string }; user: { id: string } };
type RequestOptions = { challenge: string; rpId: string };

/** What an honest browser and authenticator would do otherwise. */
export type Deviation = {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  crossOrigin?: boolean;
  topOrigin?: string;
  isVerified?: boolean;
  isPresent?: boolean;
  counter?: number;
  userHandle?: string | null;
  id?: Buffer;
  /** Instead of an attestation of nothing. */
  format?: string;
  statement?: Map<string, Cbor>;
  /** A sound one: by the passkey itself, or with a certificate (PEM) as security keys have it. */
  attestation?: 'self' | { key: string; cert: string };
  tamper?: (signature: Buffer) => Buffer;
};

type Settings = {
  algorithm?: keyof typeof keyMakers;
  origin?: string;
  isVerified?: boolean;
  isSynced?: boolean;
  /** Null: it does not count, and says zero each time. */
  counter?: number | null;
  credentialId?: Buffer;
};

/** An authenticator with one passkey, and the browser in front of it. */
export function createAuthenticator({
  algorithm = '-7',
  origin = 'http://localhost:8000',
  isVerified = true,
  isSynced = false,
  counter = 0,
  credentialId = randomBytes(32),
}: Settings = {}) {
  const key: Key = keyMakers[algorithm]();
  let count = counter;
  let userHandle = '';
  const usual = { origin, isVerified, isSynced };
  const next = () => {
    if (count !== null) count += 1;
    return count ?? 0;
  };

  return {
    credentialId,
    create: ({ challenge, rp, user }: CreationOptions, other: Deviation = {}) => {
      userHandle = user.id;
      const id = other.id ?? credentialId;
      const clientDataJSON = clientData('webauthn.create', challenge, usual, other);
      const attested = [Buffer.alloc(16), uint16(id.length), id, key.cose];
      const authData = Buffer.concat([
        ...authenticatorData(rp.id, usual, { counter: next(), ...other }, 0x40),
        ...attested,
      ]);
      const [format, statement] = attest(key, other, { rpId: rp.id, id, authData, clientDataJSON });
      const object = new Map<string, Cbor>([
        ['fmt', format],
        ['attStmt', statement],
        ['authData', authData],
      ]);
      return answer(id, {
        clientDataJSON: clientDataJSON.toString('base64url'),
        attestationObject: cbor(object).toString('base64url'),
        transports: ['internal', 'hybrid'],
      });
    },
    get: ({ challenge, rpId }: RequestOptions, other: Deviation = {}) => {
      const clientDataJSON = clientData('webauthn.get', challenge, usual, other);
      const data = Buffer.concat(
        authenticatorData(rpId, usual, { counter: other.counter ?? next(), ...other }, 0),
      );
      const signed = Buffer.concat([data, sha256(clientDataJSON)]);
      const signature = signBytes(key.hash, signed, key.privateKey);
      const handle = other.userHandle === undefined ? userHandle : other.userHandle;
      return answer(other.id ?? credentialId, {
        clientDataJSON: clientDataJSON.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: (other.tamper?.(signature) ?? signature).toString('base64url'),
        ...(handle === null ? {} : { userHandle: handle }),
      });
    },
  };
}

type Usual = { origin: string; isVerified: boolean; isSynced: boolean };

function clientData(type: string, challenge: string, usual: Usual, other: Deviation): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: other.type ?? type,
      challenge: other.challenge ?? challenge,
      origin: other.origin ?? usual.origin,
      crossOrigin: other.crossOrigin ?? false,
      ...(other.topOrigin === undefined ? {} : { topOrigin: other.topOrigin }),
    }),
  );
}

type Attested = { rpId: string; id: Buffer; authData: Buffer; clientDataJSON: Buffer };

function attest(
  { hash, privateKey, point = Buffer.alloc(0) }: Key,
  { format = 'none', statement = new Map(), attestation }: Deviation,
  { rpId, id, authData, clientDataJSON }: Attested,
): [format: string, statement: Map<string, Cbor>] {
  if (attestation === undefined) return [format, statement];
  const clientDataHash = sha256(clientDataJSON);
  if (attestation === 'self') {
    const sig = signBytes(hash, Buffer.concat([authData, clientDataHash]), privateKey);
    const members: [string, Cbor][] = [
      ['alg', -7],
      ['sig', sig],
    ];
    return ['packed', new Map(members)];
  }
  const signed = Buffer.concat([Buffer.alloc(1), sha256(rpId), clientDataHash, id, point]);
  const members: [string, Cbor][] = [
    ['sig', signBytes('sha256', signed, attestation.key)],
    ['x5c', [new X509Certificate(attestation.cert).raw]],
  ];
  return ['fido-u2f', new Map(members)];
}

function authenticatorData(
  rpId: string,
  usual: Usual,
  other: Deviation & { counter: number },
  flags: number,
): Buffer[] {
  const isPresent = other.isPresent ?? true;
  const isVerified = other.isVerified ?? usual.isVerified;
  const shown =
    flags | (isPresent ? 0x01 : 0) | (isVerified ? 0x04 : 0) | (usual.isSynced ? 0x18 : 0);
  return [sha256(other.rpId ?? rpId), Buffer.from([shown]), uint32(other.counter)];
}

function answer<Response extends object>(credentialId: Buffer, response: Response) {
  const id = credentialId.toString('base64url');
  return { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} };
}

function ecKey(namedCurve: string, curve: number, alg: number): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const { x, y } = jwkBytes(publicKey);
  const cose = cbor(
    new Map<number, Cbor>([
      [1, 2],
      [3, alg],
      [-1, curve],
      [-2, x],
      [-3, y],
    ]),
  );
  const point = Buffer.concat([Buffer.from([4]), x, y]);
  return { privateKey, cose, point, hash: alg === -35 ? 'sha384' : 'sha256' };
}

function okpKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const members: [number, Cbor][] = [
    [1, 1],
    [3, -8],
    [-1, 6],
    [-2, jwkBytes(publicKey).x],
  ];
  return { privateKey, cose: cbor(new Map(members)), hash: null };
}

function rsaKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = jwkBytes(publicKey);
  const members: [number, Cbor][] = [
    [1, 3],
    [3, -257],
    [-1, n],
    [-2, e],
  ];
  return { privateKey, cose: cbor(new Map(members)), hash: 'sha256' };
}

function jwkBytes(key: KeyObject) {
  const { x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' });
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  return { x: bytes(x), y: bytes(y), n: bytes(n), e: bytes(e) };
}

function sha256(data: Buffer | string): Buffer {
  return createHash('sha256').update(data).digest();
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
