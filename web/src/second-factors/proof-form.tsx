import { useEffect, useRef, useState } from 'preact/hooks';
import type { SecondStep } from '../../../client/src/client.ts';
import { Button } from '../design/button.tsx';
import { PasswordField, TextField } from '../form/fields.tsx';
import { Problem } from '../form/problem.tsx';
import { type Submission, useSubmit, type Values } from '../form/use-submit.ts';
import { hasPasskeySupport, usePasskey } from '../passkeys/ceremonies.ts';
import type { Realm } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';

export type Proof = { password: string } | Pick<SecondStep, 'code'> | Pick<SecondStep, 'passkey'>;

const ways = ['passkey', 'code', 'password'] as const;
type Way = (typeof ways)[number];

type ProofFormProps = {
  realm: Realm;
  methods: readonly string[];
  action: string;
  /** The challenge of a sign-in's second step. */
  step?: string;
  prove: (proof: Proof) => Promise<unknown>;
};

/** One of the ways in which somebody can prove who they are, and buttons to the others. */
export function ProofForm({ realm, methods, action, step, prove }: ProofFormProps) {
  const t = useTexts().secondFactors;
  const offered = ways.filter(
    (way) => methods.includes(way) && (way !== 'passkey' || hasPasskeySupport),
  );
  const [chosen, choose] = useState<Way | null>(null);
  const way = chosen ?? offered[0];
  const form = useSubmit(async (values) => prove(await proofOf(realm, way, values, step)));
  const ref = useRef<HTMLFormElement>(null);
  useEffect(() => ref.current?.querySelector('input')?.focus(), [way]);
  if (way === undefined) return <p class="notice warn">{t.noWay}</p>;
  return (
    <form class="stack" onSubmit={form.onSubmit} noValidate key={way} ref={ref}>
      <WayField way={way} form={form} />
      <Problem of={form} />
      <Button
        type="submit"
        look="primary"
        isWide
        isBusy={form.isBusy}
        {...(way === 'passkey' ? { icon: 'key' as const } : {})}
      >
        {way === 'passkey' ? t.usePasskey : action}
      </Button>
      {offered
        .filter((other) => other !== way)
        .map((other) => (
          <Button key={other} look="bare" isWide onClick={() => choose(other)}>
            {t.instead[other]}
          </Button>
        ))}
    </form>
  );
}

function WayField({ way, form }: { way: Way; form: Submission }) {
  const t = useTexts();
  if (way === 'passkey') return <p class="quiet">{t.secondFactors.passkeyText}</p>;
  if (way === 'password')
    return <PasswordField name="password" label={t.fields.password} form={form} isCurrent />;
  return (
    <TextField
      name="code"
      label={t.secondFactors.code}
      hint={t.secondFactors.codeHint}
      form={form}
      autocomplete="one-time-code"
      spellcheck={false}
      maxLength={40}
    />
  );
}

async function proofOf(
  realm: Realm,
  way: Way | undefined,
  values: Values,
  step?: string,
): Promise<Proof> {
  if (way === 'password') return { password: values.password ?? '' };
  if (way === 'code') return { code: (values.code ?? '').trim() };
  const { challenge, options } = await realm.passkeyChallenge(step);
  return { passkey: { challenge, response: await usePasskey(options) } };
}
