import { useEffect, useState } from 'preact/hooks';
import { PasswordField } from '../form/fields.tsx';
import type { Submission } from '../form/use-submit.ts';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';
import type { Strength } from './measure-strength.ts';

type NewPasswordFieldProps = {
  name: string;
  label: string;
  form: Submission;
  realm: 'user' | 'admin';
};

/** A password field that says, while one types, how good the password is and why. */
export function NewPasswordField({ name, label, form, realm }: NewPasswordFieldProps) {
  const [value, setValue] = useState('');
  const strength = useStrength(value);
  return (
    <PasswordField
      name={name}
      label={label}
      form={form}
      onValue={setValue}
      hint={
        <StrengthMeter
          strength={value === '' ? null : strength}
          shortest={settings.password_min_length[realm]}
        />
      }
    />
  );
}

function StrengthMeter({ strength, shortest }: { strength: Strength | null; shortest: number }) {
  const t = useTexts().strength;
  const shown = strength === null ? 0 : Math.max(1, strength.score);
  const words =
    strength === null
      ? t.short(shortest)
      : [
          `${t.levels[strength.score] ?? ''}.`,
          t.warnings[strength.warning ?? ''] ?? t.crackTime(t.times[strength.crackTime]),
        ].join(' ');
  return (
    <div class="meter" data-score={shown}>
      <div class="meter-bars" aria-hidden="true">
        <i />
        <i />
        <i />
        <i />
      </div>
      <span aria-live="polite">{words}</span>
    </div>
  );
}

/** Loads the word lists, some hundred kilobytes, once somebody types. */
function useStrength(value: string): Strength | null {
  const [strength, setStrength] = useState<Strength | null>(null);
  useEffect(() => {
    if (value === '') return;
    let isOutdated = false;
    const measure = async () => {
      const { measureStrength } = await import('./measure-strength.ts');
      if (!isOutdated) setStrength(measureStrength(value, [settings.project_name]));
    };
    void measure();
    return () => {
      isOutdated = true;
    };
  }, [value]);
  return strength;
}
